import { useId, useState } from 'react'
import { useDictionary } from '../language/language.ts'
import { TextField } from '../layout/Field.tsx'
import { Modal } from '../layout/Modal.tsx'
import { proofOf, useHasPassword } from '../provider/providers.ts'
import { call } from '../server/call.ts'
import { sentenceOf } from '../server/failure.ts'
import { useSending } from '../server/useSending.ts'
import { endSession } from '../session/session.ts'

/** Says what withdrawing means before it asks for the password. */
export function WithdrawalForm() {
  const { security: words } = useDictionary()
  const titleId = useId()
  const [isAsked, setAsked] = useState(false)
  return (
    <section className="card" aria-labelledby={titleId}>
      <h2 id={titleId}>{words.withdrawal}</h2>
      <p className="security-text">{words.withdrawalMeans}</p>
      <button type="button" className="button button-danger" onClick={() => setAsked(true)}>
        {words.withdraw}
      </button>
      {isAsked && <WithdrawalDialog onClose={() => setAsked(false)} />}
    </section>
  )
}

function WithdrawalDialog({ onClose }: { onClose: () => void }) {
  const dictionary = useDictionary()
  const { security: words, session, act } = dictionary
  const hasPassword = useHasPassword()
  const [password, setPassword] = useState('')
  const withdrawal = useSending({
    mutationFn: () =>
      call<true>('DELETE', '/api/authentication/deactivate', { body: proofOf(password) }),
    onSuccess: () => endSession('WITHDRAWN'),
  })
  const sentence = withdrawal.isError ? sentenceOf(withdrawal.error, dictionary) : undefined
  return (
    <Modal title={words.withdrawQuestion} onClose={onClose}>
      <form
        className="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          withdrawal.start()
        }}
      >
        {hasPassword ? (
          <TextField
            label={session.password}
            type="password"
            name="password"
            required
            autoComplete="current-password"
            value={password}
            error={sentence}
            onChange={({ target }) => setPassword(target.value)}
          />
        ) : (
          <p role="alert" className="field-error">
            {sentence}
          </p>
        )}
        <div className="modal-actions">
          <button type="button" className="button button-quiet" onClick={onClose}>
            {act.cancel}
          </button>
          <button type="submit" className="button button-danger" disabled={withdrawal.isPending}>
            {words.withdraw}
          </button>
        </div>
      </form>
    </Modal>
  )
}

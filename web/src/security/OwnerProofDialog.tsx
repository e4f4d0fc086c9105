import { useState } from 'react'
import { useDictionary } from '../language/language.ts'
import { messageFor } from '../server/failure.ts'
import { TextField } from '../ui/Field.tsx'
import { Modal } from '../ui/Modal.tsx'
import { useSubmit } from '../ui/useSubmit.ts'
import { useHasPassword } from './signInMethods.ts'

interface OwnerProofDialogProps<Result> {
  title: string
  confirmLabel: string
  isDangerous?: boolean
  /** `password` is empty for accounts without one. */
  onConfirm: (password: string) => Promise<Result>
  onSuccess: (result: Result) => void
  onClose: () => void
}

/** Asks for the password before an action that a stranger at an unlocked screen must not be able to take. */
export function OwnerProofDialog<Result>({
  title,
  confirmLabel,
  isDangerous = false,
  onConfirm,
  onSuccess,
  onClose,
}: OwnerProofDialogProps<Result>) {
  const dictionary = useDictionary()
  const hasPassword = useHasPassword()
  const [password, setPassword] = useState('')
  const { error, isError, isPending, submit } = useSubmit({
    mutationFn: () => onConfirm(password),
    onSuccess,
  })
  const message = isError ? messageFor(error, dictionary) : undefined
  return (
    <Modal title={title} onClose={onClose}>
      <form
        className="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        {hasPassword ? (
          <TextField
            label={dictionary.session.password}
            type="password"
            name="password"
            required
            autoComplete="current-password"
            value={password}
            error={message}
            onChange={({ target }) => setPassword(target.value)}
          />
        ) : (
          <p role="alert" className="field-error">
            {message}
          </p>
        )}
        <div className="modal-actions">
          <button type="button" className="button button-quiet" onClick={onClose}>
            {dictionary.action.cancel}
          </button>
          <button
            type="submit"
            className={isDangerous ? 'button button-danger' : 'button'}
            disabled={isPending}
          >
            {confirmLabel}
          </button>
        </div>
      </form>
    </Modal>
  )
}

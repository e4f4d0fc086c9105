import { useId, useState } from 'react'
import { useDictionary } from '../language/language.ts'
import { call } from '../session/call.ts'
import { endSession } from '../session/session.ts'
import { OwnerProofDialog } from './OwnerProofDialog.tsx'
import { ownerProofOf } from './signInMethods.ts'

/** Explains the consequences of withdrawing before it asks for the password. */
export function WithdrawalForm() {
  const { security: t } = useDictionary()
  const titleId = useId()
  const [isDialogOpen, setDialogOpen] = useState(false)
  return (
    <section className="card" aria-labelledby={titleId}>
      <h2 id={titleId}>{t.withdrawal}</h2>
      <p className="security-text">{t.withdrawalExplanation}</p>
      <button type="button" className="button button-danger" onClick={() => setDialogOpen(true)}>
        {t.withdraw}
      </button>
      {isDialogOpen && (
        <OwnerProofDialog
          title={t.withdrawQuestion}
          confirmLabel={t.withdraw}
          isDangerous
          onConfirm={(password) =>
            call<true>('DELETE', '/api/authentication/deactivate', { body: ownerProofOf(password) })
          }
          onSuccess={() => endSession('WITHDRAWN')}
          onClose={() => setDialogOpen(false)}
        />
      )}
    </section>
  )
}

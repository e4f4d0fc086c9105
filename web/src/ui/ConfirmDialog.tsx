import { useDictionary } from '../language/language.ts'
import { messageFor } from '../server/failure.ts'
import { Modal } from './Modal.tsx'
import { useSubmit } from './useSubmit.ts'

interface ConfirmDialogProps {
  question: string
  consequence: string
  confirmLabel: string
  pendingLabel?: string
  onConfirm: () => Promise<unknown>
  onClose: () => void
}

/** Asks before an action that is hard to undo. It stays open and shows the reason when the action fails. */
export function ConfirmDialog({
  question,
  consequence,
  confirmLabel,
  pendingLabel = confirmLabel,
  onConfirm,
  onClose,
}: ConfirmDialogProps) {
  const dictionary = useDictionary()
  const { error, isPending, submit } = useSubmit({ mutationFn: onConfirm, onSuccess: onClose })
  return (
    <Modal title={question} onClose={onClose}>
      <p>{consequence}</p>
      <p role="alert" className="field-error">
        {error !== null && messageFor(error, dictionary)}
      </p>
      <div className="modal-actions">
        {/* Cancel comes first, so that Enter pressed in haste changes nothing. */}
        <button type="button" className="button button-quiet" onClick={onClose}>
          {dictionary.action.cancel}
        </button>
        <button
          type="button"
          className="button button-danger"
          disabled={isPending}
          onClick={submit}
        >
          {isPending ? pendingLabel : confirmLabel}
        </button>
      </div>
    </Modal>
  )
}

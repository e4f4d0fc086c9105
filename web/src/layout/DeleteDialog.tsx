import { useDictionary } from '../language/language.ts'
import { sentenceOf } from '../server/failure.ts'
import { useSending } from '../server/useSending.ts'
import { Modal } from './Modal.tsx'

interface DeleteDialogProps {
  question: string
  consequence: string
  act: () => Promise<unknown>
  onClose: () => void
}

/** The question before something is deleted. It stays open, with the reason, when the deletion fails. */
export function DeleteDialog({ question, consequence, act, onClose }: DeleteDialogProps) {
  const dictionary = useDictionary()
  const deletion = useSending({ mutationFn: act, onSuccess: onClose })
  return (
    <Modal title={question} onClose={onClose}>
      <p>{consequence}</p>
      <p role="alert" className="field-error">
        {deletion.isError && sentenceOf(deletion.error, dictionary)}
      </p>
      <div className="modal-actions">
        {/* The way back comes first, so that Enter pressed in haste deletes nothing. */}
        <button type="button" className="button button-quiet" onClick={onClose}>
          {dictionary.act.cancel}
        </button>
        <button
          type="button"
          className="button button-danger"
          disabled={deletion.isPending}
          onClick={() => deletion.start()}
        >
          {deletion.isPending ? dictionary.act.deleting : dictionary.act.delete}
        </button>
      </div>
    </Modal>
  )
}

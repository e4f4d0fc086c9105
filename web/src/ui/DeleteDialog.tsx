import { useDictionary } from '../language/language.ts'
import { ConfirmDialog } from './ConfirmDialog.tsx'

interface DeleteDialogProps {
  question: string
  consequence: string
  onConfirm: () => Promise<unknown>
  onClose: () => void
}

/** Asks before something is deleted. */
export function DeleteDialog(props: DeleteDialogProps) {
  const { action } = useDictionary()
  return <ConfirmDialog {...props} confirmLabel={action.delete} pendingLabel={action.deleting} />
}

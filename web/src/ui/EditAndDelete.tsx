import type { RefObject } from 'react'
import { Icon } from '../icon/Icon.tsx'

interface EditAndDeleteProps {
  editButton: RefObject<HTMLButtonElement | null>
  editLabel: string
  onEdit: () => void
  deleteLabel: string
  onDelete: () => void
}

/** The icon buttons on a member's own post or comment. */
export function EditAndDelete({
  editButton,
  editLabel,
  onEdit,
  deleteLabel,
  onDelete,
}: EditAndDeleteProps) {
  return (
    <>
      <button
        ref={editButton}
        type="button"
        className="icon-button"
        aria-label={editLabel}
        title={editLabel}
        onClick={onEdit}
      >
        <Icon name="pencil" />
      </button>
      <button
        type="button"
        className="icon-button"
        aria-label={deleteLabel}
        title={deleteLabel}
        onClick={onDelete}
      >
        <Icon name="bin" />
      </button>
    </>
  )
}

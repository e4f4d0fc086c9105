import { MAX_COMMENT_LENGTH } from '@dailyfeed/contract/limits'
import { useId, useState } from 'react'
import { useDictionary } from '../language/language.ts'
import { messageFor } from '../server/failure.ts'
import { createKeyPerText } from '../server/idempotencyKey.ts'
import { CharacterCounter } from '../ui/CharacterCounter.tsx'
import { GrowingText } from '../ui/GrowingText.tsx'
import { countCodePoints, isComposing } from '../ui/typing.ts'
import { useSubmit } from '../ui/useSubmit.ts'

interface CommentFormProps {
  label: string
  submitLabel: string
  pendingLabel: string
  /** The text of the comment that is edited. */
  initial?: string
  autoFocus?: boolean
  onSubmit: (content: string, idempotencyKey: string) => Promise<unknown>
  onCancel?: () => void
}

/** Writes or edits a comment or reply. Ctrl or ⌘ with Enter submits; Enter alone starts a new line. */
export function CommentForm({
  label,
  submitLabel,
  pendingLabel,
  initial = '',
  autoFocus = false,
  onSubmit,
  onCancel,
}: CommentFormProps) {
  const dictionary = useDictionary()
  const errorId = useId()
  const [content, setContent] = useState(initial)
  const [isExpanded, setExpanded] = useState(autoFocus)
  const [keys] = useState(createKeyPerText)
  const { error, isError, isPending, submit } = useSubmit({
    mutationFn: () => onSubmit(content, keys.keyFor(content)),
    onSuccess: () => {
      keys.reset()
      setContent('')
    },
  })
  const canSubmit =
    !isPending &&
    content.trim() !== '' &&
    content !== initial &&
    countCodePoints(content) <= MAX_COMMENT_LENGTH
  return (
    <form
      className="comment-form"
      onFocus={() => setExpanded(true)}
      onSubmit={(event) => {
        event.preventDefault()
        if (canSubmit) submit()
      }}
    >
      <GrowingText
        aria-label={label}
        aria-invalid={isError}
        aria-describedby={errorId}
        placeholder={label}
        rows={1}
        value={content}
        autoFocus={autoFocus}
        onChange={({ target }) => setContent(target.value)}
        onKeyDown={(event) => {
          if (isComposing(event)) return
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && canSubmit) submit()
          // Escape must not discard a changed text.
          if (event.key === 'Escape' && content === initial) onCancel?.()
        }}
      />
      <p id={errorId} role="alert" className="field-error">
        {isError && messageFor(error, dictionary)}
      </p>
      {(isExpanded || content !== '') && (
        <div className="form-footer">
          <CharacterCounter text={content} limit={MAX_COMMENT_LENGTH} />
          {onCancel !== undefined && (
            <button type="button" className="button button-quiet" onClick={onCancel}>
              {dictionary.action.cancel}
            </button>
          )}
          <button type="submit" className="button" disabled={!canSubmit}>
            {isPending ? pendingLabel : submitLabel}
          </button>
        </div>
      )}
    </form>
  )
}

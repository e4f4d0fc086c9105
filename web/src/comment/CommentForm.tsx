import { useId, useRef, useState } from 'react'
import { useDictionary } from '../language/language.ts'
import { Counter } from '../layout/Counter.tsx'
import { GrowingText } from '../layout/GrowingText.tsx'
import { codePointsIn, isComposing } from '../layout/typing.ts'
import { newIdempotencyKey } from '../server/call.ts'
import { sentenceOf } from '../server/failure.ts'
import { useSending } from '../server/useSending.ts'

const MAX_CONTENT = 1_000

interface CommentFormProps {
  label: string
  sendLabel: string
  sendingLabel: string
  /** What is edited. */
  initial?: string
  autoFocus?: boolean
  onSend: (content: string, idempotencyKey: string) => Promise<unknown>
  onCancel?: () => void
}

/** For a comment, a reply and an edit. Ctrl or ⌘ with Enter sends; Enter alone is a new line. */
export function CommentForm({
  label,
  sendLabel,
  sendingLabel,
  initial = '',
  autoFocus = false,
  onSend,
  onCancel,
}: CommentFormProps) {
  const dictionary = useDictionary()
  const errorId = useId()
  const [content, setContent] = useState(initial)
  const [isUsed, setUsed] = useState(autoFocus)
  // The same text keeps its key, so that a second try after a lost answer does not comment twice.
  const attempt = useRef({ text: '', key: '' })
  const sending = useSending({
    mutationFn: () => {
      if (attempt.current.text !== content)
        attempt.current = { text: content, key: newIdempotencyKey() }
      return onSend(content, attempt.current.key)
    },
    onSuccess: () => {
      attempt.current = { text: '', key: '' }
      setContent('')
    },
  })
  const canSend =
    !sending.isPending &&
    content.trim() !== '' &&
    content !== initial &&
    codePointsIn(content) <= MAX_CONTENT
  return (
    <form
      className="comment-form"
      onFocus={() => setUsed(true)}
      onSubmit={(event) => {
        event.preventDefault()
        if (canSend) sending.start()
      }}
    >
      <GrowingText
        aria-label={label}
        aria-invalid={sending.isError}
        aria-describedby={errorId}
        placeholder={label}
        rows={1}
        value={content}
        autoFocus={autoFocus}
        onChange={({ target }) => setContent(target.value)}
        onKeyDown={(event) => {
          if (isComposing(event)) return
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && canSend) sending.start()
          // Only where nothing is lost by it.
          if (event.key === 'Escape' && content === initial) onCancel?.()
        }}
      />
      <p id={errorId} role="alert" className="field-error">
        {sending.isError && sentenceOf(sending.error, dictionary)}
      </p>
      {(isUsed || content !== '') && (
        <div className="post-fields-foot">
          <Counter text={content} limit={MAX_CONTENT} />
          {onCancel !== undefined && (
            <button type="button" className="button button-quiet" onClick={onCancel}>
              {dictionary.act.cancel}
            </button>
          )}
          <button type="submit" className="button" disabled={!canSend}>
            {sending.isPending ? sendingLabel : sendLabel}
          </button>
        </div>
      )}
    </form>
  )
}

import { useId } from 'react'
import { useDictionary } from '../language/language.ts'
import { Counter } from '../layout/Counter.tsx'
import { GrowingText } from '../layout/GrowingText.tsx'
import { codePointsIn, holdWhileComposing, isComposing } from '../layout/typing.ts'
import { fieldSentencesOf, sentenceOf } from '../server/failure.ts'

const MAX_CONTENT = 5_000
const MAX_TITLE = 100

export interface Draft {
  title: string
  content: string
}

interface PostFieldsProps {
  draft: Draft
  onChange: (draft: Draft) => void
  error: unknown
  isSending: boolean
  contentLabel: string
  placeholder?: string
  sendLabel: string
  autoFocus?: boolean
  /** Only the text, as high as a line, until it is used. */
  isFolded?: boolean
  onSend: () => void
  onCancel?: () => void
}

/** Title, text, counter and send: of the composer and of the editor. Ctrl or ⌘ with Enter sends. */
export function PostFields({
  draft,
  onChange,
  error,
  isSending,
  contentLabel,
  placeholder,
  sendLabel,
  autoFocus = false,
  isFolded = false,
  onSend,
  onCancel,
}: PostFieldsProps) {
  const dictionary = useDictionary()
  const id = useId()
  const length = codePointsIn(draft.content)
  const canSend =
    !isSending &&
    draft.content.trim() !== '' &&
    length <= MAX_CONTENT &&
    codePointsIn(draft.title) <= MAX_TITLE
  const fieldSentences = fieldSentencesOf(error)
  const sentence =
    error === null || error === undefined
      ? undefined
      : (fieldSentences.content ?? fieldSentences.title ?? sentenceOf(error, dictionary))
  return (
    <form
      className="post-fields"
      onKeyDown={holdWhileComposing}
      onSubmit={(event) => {
        event.preventDefault()
        if (canSend) onSend()
      }}
    >
      {!isFolded && (
        <input
          className="input post-fields-title"
          aria-label={dictionary.post.title}
          placeholder={dictionary.post.title}
          value={draft.title}
          onChange={({ target }) => onChange({ ...draft, title: target.value })}
          onKeyDown={(event) => {
            // A title is one line and then the text begins: Enter goes on, it does not send.
            if (event.key !== 'Enter' || isComposing(event)) return
            event.preventDefault()
            document.getElementById(id)?.focus()
          }}
        />
      )}
      <GrowingText
        id={id}
        aria-label={contentLabel}
        aria-invalid={sentence !== undefined}
        aria-describedby={`${id}-error`}
        placeholder={placeholder}
        rows={isFolded ? 1 : 3}
        value={draft.content}
        autoFocus={autoFocus}
        onChange={({ target }) => onChange({ ...draft, content: target.value })}
        onKeyDown={(event) => {
          if (
            event.key === 'Enter' &&
            (event.ctrlKey || event.metaKey) &&
            !isComposing(event) &&
            canSend
          )
            onSend()
        }}
      />
      <p id={`${id}-error`} role="alert" className="field-error">
        {sentence}
      </p>
      {!isFolded && (
        <div className="post-fields-foot">
          <Counter text={draft.content} limit={MAX_CONTENT} />
          {codePointsIn(draft.title) > MAX_TITLE && (
            <span className="counter counter-over">
              {dictionary.state.tooLong(codePointsIn(draft.title) - MAX_TITLE)}
            </span>
          )}
          {onCancel !== undefined && (
            <button type="button" className="button button-quiet" onClick={onCancel}>
              {dictionary.act.cancel}
            </button>
          )}
          <button type="submit" className="button" disabled={!canSend}>
            {sendLabel}
          </button>
        </div>
      )}
    </form>
  )
}

import { MAX_POST_CONTENT_LENGTH, MAX_POST_TITLE_LENGTH } from '@dailyfeed/contract/limits'
import { useId } from 'react'
import { useDictionary } from '../language/language.ts'
import { fieldMessagesOf, messageFor } from '../server/failure.ts'
import { CharacterCounter } from '../ui/CharacterCounter.tsx'
import { GrowingText } from '../ui/GrowingText.tsx'
import { countCodePoints, isComposing, preventSubmitWhileComposing } from '../ui/typing.ts'
import type { Submission } from '../ui/useSubmit.ts'
import type { Draft } from './drafts.ts'

interface PostFieldsProps {
  draft: Draft
  onChange: (draft: Draft) => void
  submission: Submission
  contentLabel: string
  placeholder?: string
  submitLabel: string
  autoFocus?: boolean
  /** Shows only one line of text. */
  isCollapsed?: boolean
  onCancel?: () => void
}

/** The form of the composer and the editor: title, text, counter and buttons. Ctrl or ⌘ with Enter submits. */
export function PostFields({
  draft,
  onChange,
  submission,
  contentLabel,
  placeholder,
  submitLabel,
  autoFocus = false,
  isCollapsed = false,
  onCancel,
}: PostFieldsProps) {
  const { post, action } = useDictionary()
  const id = useId()
  const message = useErrorMessage(submission.error)
  const canSubmit =
    !submission.isPending &&
    draft.content.trim() !== '' &&
    countCodePoints(draft.content) <= MAX_POST_CONTENT_LENGTH &&
    countCodePoints(draft.title) <= MAX_POST_TITLE_LENGTH
  return (
    <form
      className="post-fields"
      onKeyDown={preventSubmitWhileComposing}
      onSubmit={(event) => {
        event.preventDefault()
        if (canSubmit) submission.submit()
      }}
    >
      {!isCollapsed && (
        <input
          className="input post-fields-title"
          aria-label={post.title}
          placeholder={post.title}
          value={draft.title}
          onChange={({ target }) => onChange({ ...draft, title: target.value })}
          onKeyDown={(event) => {
            // Enter in the title moves to the text instead of submitting.
            if (event.key !== 'Enter' || isComposing(event)) return
            event.preventDefault()
            document.getElementById(id)?.focus()
          }}
        />
      )}
      <GrowingText
        id={id}
        aria-label={contentLabel}
        aria-invalid={message !== undefined}
        aria-describedby={`${id}-error`}
        placeholder={placeholder}
        rows={isCollapsed ? 1 : 3}
        value={draft.content}
        autoFocus={autoFocus}
        onChange={({ target }) => onChange({ ...draft, content: target.value })}
        onKeyDown={(event) => {
          const isShortcut = event.key === 'Enter' && (event.ctrlKey || event.metaKey)
          if (isShortcut && !isComposing(event) && canSubmit) submission.submit()
        }}
      />
      <p id={`${id}-error`} role="alert" className="field-error">
        {message}
      </p>
      {!isCollapsed && (
        <div className="form-footer">
          <CharacterCounter text={draft.content} limit={MAX_POST_CONTENT_LENGTH} />
          <TitleExcess title={draft.title} />
          {onCancel !== undefined && (
            <button type="button" className="button button-quiet" onClick={onCancel}>
              {action.cancel}
            </button>
          )}
          <button type="submit" className="button" disabled={!canSubmit}>
            {submitLabel}
          </button>
        </div>
      )}
    </form>
  )
}

function useErrorMessage(error: unknown): string | undefined {
  const dictionary = useDictionary()
  if (error === null || error === undefined) return undefined
  const { content, title } = fieldMessagesOf(error)
  return content ?? title ?? messageFor(error, dictionary)
}

function TitleExcess({ title }: { title: string }) {
  const { state } = useDictionary()
  const excess = countCodePoints(title) - MAX_POST_TITLE_LENGTH
  return excess > 0 && <span className="counter counter-over">{state.tooLong(excess)}</span>
}

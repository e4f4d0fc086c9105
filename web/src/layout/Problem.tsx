import type { ReactNode } from 'react'
import { useDictionary } from '../language/language.ts'
import { sentenceOf } from '../server/failure.ts'

/** What went wrong, and a way on. */
export function Problem({
  error,
  onRetry,
  children,
}: {
  error: unknown
  onRetry?: () => void
  children?: ReactNode
}) {
  const dictionary = useDictionary()
  return (
    <div className="card empty" role="alert">
      <p>{sentenceOf(error, dictionary)}</p>
      {onRetry !== undefined && (
        <button type="button" className="button" onClick={onRetry}>
          {dictionary.act.tryAgain}
        </button>
      )}
      {children}
    </div>
  )
}

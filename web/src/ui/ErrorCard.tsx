import type { ReactNode } from 'react'
import { useDictionary } from '../language/language.ts'
import { messageFor } from '../server/failure.ts'

interface ErrorCardProps {
  error: unknown
  onRetry?: () => void
  children?: ReactNode
}

/** Stands where content could not be loaded, with the reason and a retry. */
export function ErrorCard({ error, onRetry, children }: ErrorCardProps) {
  const dictionary = useDictionary()
  return (
    <div className="card empty" role="alert">
      <p>{messageFor(error, dictionary)}</p>
      {onRetry !== undefined && (
        <button type="button" className="button" onClick={onRetry}>
          {dictionary.action.tryAgain}
        </button>
      )}
      {children}
    </div>
  )
}

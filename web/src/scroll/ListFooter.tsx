import type { ReactNode } from 'react'
import { useDictionary } from '../language/language.ts'
import { isTransient, messageFor } from '../server/failure.ts'

/** The parts of an infinite query that a list needs. */
export interface ScrollQuery {
  hasNextPage: boolean
  isFetchingNextPage: boolean
  isFetchNextPageError: boolean
  error: unknown
  fetchNextPage: () => unknown
  refetch: () => unknown
}

/** Below the last row: an error with a retry, that more is loading, or the end. */
export function ListFooter({ query, end }: { query: ScrollQuery; end: ReactNode }) {
  const dictionary = useDictionary()
  const { state, action } = dictionary
  if (query.isFetchNextPageError)
    return (
      <div className="endless-foot" role="alert">
        <p>
          {state.moreFailed} {messageFor(query.error, dictionary)}
        </p>
        {/* A refused cursor, as one of a ranking that has expired, stays refused: then the list is loaded anew. */}
        <button
          type="button"
          className="button"
          onClick={() => void (isTransient(query.error) ? query.fetchNextPage() : query.refetch())}
        >
          {action.tryAgain}
        </button>
      </div>
    )
  if (query.hasNextPage) return <p className="endless-foot delayed">{state.loading}</p>
  return <p className="endless-foot">{end ?? state.end}</p>
}

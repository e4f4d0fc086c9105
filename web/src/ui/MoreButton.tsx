import { useDictionary } from '../language/language.ts'

interface MoreButtonProps {
  query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown }
}

/** Loads the next page of a list; not rendered after the last one. */
export function MoreButton({ query }: MoreButtonProps) {
  const { action } = useDictionary()
  if (!query.hasNextPage) return null
  return (
    <button
      type="button"
      className="button button-quiet"
      disabled={query.isFetchingNextPage}
      onClick={() => void query.fetchNextPage()}
    >
      {action.more}
    </button>
  )
}

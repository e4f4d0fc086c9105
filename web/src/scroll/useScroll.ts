import { DEFAULT_PAGE_SIZE } from '@dailyfeed/contract/limits'
import type { Scroll } from '@dailyfeed/contract/page'
import { type QueryClient, type QueryKey, useInfiniteQuery } from '@tanstack/react-query'
import { withQuery } from '../server/withQuery.ts'
import { call } from '../session/call.ts'
import { firstPageOf, type Pages } from './pages.ts'

/** A list that is not on the page stays cached this long, for the back button. */
const CACHED_MS = 30 * 60_000

interface ScrollOptions {
  key: QueryKey
  path: string
  parameters?: Record<string, string | number | undefined>
  size?: number
}

/** A list that is loaded page by page with cursors. It never refetches by itself, because that would move what is being read. */
export function useScroll<T, L extends Scroll<T> = Scroll<T>>({
  key,
  path,
  parameters,
  size = DEFAULT_PAGE_SIZE,
}: ScrollOptions) {
  return useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam: cursor, signal }) => {
      const position = cursor === '' ? { page: 0 } : { cursor }
      return call<L>('GET', withQuery(path, { ...parameters, size, ...position }), { signal })
    },
    initialPageParam: '',
    getNextPageParam: ({ hasNext, nextCursor }) =>
      hasNext && nextCursor !== null ? nextCursor : undefined,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: CACHED_MS,
  })
}

/** Keeps only the first page of a cached list and reloads it, for a visitor who does not return to an old position. */
export function refreshFromTop(client: QueryClient, key: QueryKey): void {
  client.setQueryData<Pages<unknown>>(key, (data) => data && firstPageOf(data))
  void client.invalidateQueries({ queryKey: key, exact: true })
}

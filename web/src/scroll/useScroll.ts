import type { Scroll } from '@dailyfeed/contract/page'
import {
  type InfiniteData,
  type QueryClient,
  type QueryKey,
  useInfiniteQuery,
} from '@tanstack/react-query'
import { call, withQuery } from '../server/call.ts'

export type Pages<T> = InfiniteData<Scroll<T>, string>

const PAGE_SIZE = 20
/** A list that nobody looks at is kept this long for the way back. */
const KEPT_MS = 30 * 60_000

interface ScrollOptions {
  key: QueryKey
  path: string
  parameters?: Record<string, string | number | undefined>
  size?: number
  enabled?: boolean
}

/** A list of the contract, walked by cursor. It never refetches by itself: that would move what is being read. */
export function useScroll<T, L extends Scroll<T> = Scroll<T>>({
  key,
  path,
  parameters,
  size = PAGE_SIZE,
  enabled = true,
}: ScrollOptions) {
  return useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) =>
      call<L>(
        'GET',
        withQuery(path, {
          ...parameters,
          size,
          ...(pageParam === '' ? { page: 0 } : { cursor: pageParam }),
        }),
        { signal },
      ),
    initialPageParam: '',
    getNextPageParam: ({ hasNext, nextCursor }) =>
      hasNext && nextCursor !== null ? nextCursor : undefined,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: KEPT_MS,
    enabled,
  })
}

/** All items in order, each once: what the member has just added may come again with a later page. */
export function itemsOf<T extends { id: number }>(
  data: { pages: { content: T[] }[] } | undefined,
): T[] {
  const byId = new Map<number, T>()
  for (const page of data?.pages ?? [])
    for (const item of page.content) if (!byId.has(item.id)) byId.set(item.id, item)
  return [...byId.values()]
}

/** Shows the first page at once and asks for it anew: for one who comes to a list, not back to it. */
export function refreshFromTop(client: QueryClient, key: QueryKey): void {
  client.setQueryData<Pages<unknown>>(
    key,
    (data) => data && { pages: data.pages.slice(0, 1), pageParams: data.pageParams.slice(0, 1) },
  )
  void client.invalidateQueries({ queryKey: key, exact: true })
}

import type { Scroll } from '@dailyfeed/contract/page'
import { type QueryKey, useInfiniteQuery } from '@tanstack/react-query'
import { withQuery } from '../server/withQuery.ts'
import { call } from '../session/call.ts'

interface CursorListOptions {
  key: QueryKey
  path: string
  size: number
}

/** A short list with a "Show more" button. Unlike a feed, it refetches by itself. */
export function useCursorList<T>({ key, path, size }: CursorListOptions) {
  return useInfiniteQuery({
    queryKey: key,
    initialPageParam: '',
    queryFn: ({ pageParam: cursor, signal }) =>
      call<Scroll<T>>('GET', withQuery(path, { size, cursor }), { signal }),
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
  })
}

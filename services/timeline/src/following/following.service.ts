import type { ListQuery, Scroll } from '@dailyfeed/contract/page'
import type { Post } from '@dailyfeed/contract/post'
import { RawJson } from '@dailyfeed/http-server/raw-json'
import { cursorOf } from '@dailyfeed/pagination-support/cursor'
import { listRequestOf, type ListRequest } from '@dailyfeed/pagination-support/list'
import { reading, type TimelineContext } from '../context.ts'
import { readFeed } from '../feed/feed.ts'
import { MAX_PAGED_ITEMS } from '../feed/feed-limits.ts'
import { isVisibleInFeeds } from '../feed/rules.ts'
import { followingSkeleton } from './following.skeleton.ts'

/** The id of the last post. */
const cursor = cursorOf('number')

/** The newest posts of the members whom the viewer follows: from the cache where it reaches, else from the database. */
export async function readFollowingFeed(
  context: TimelineContext,
  viewerId: number,
  query: ListQuery,
): Promise<Scroll<Post> | RawJson<Scroll<Post>>> {
  const request = listRequestOf(query, `followings:${viewerId}`, context.cursors, { cursor })
  const cached = await readFromCache(context, viewerId, request)
  return (
    cached ??
    reading(context, (context) =>
      readFeed(context, {
        viewerId,
        request,
        rule: isVisibleInFeeds,
        skeleton: followingSkeleton(context.reads, viewerId, request.after?.[0]),
      }),
    )
  )
}

/** Undefined where the page reaches beyond the cached part: only the database knows the end of the list. */
async function readFromCache(
  { feedCache, scrollJson }: TimelineContext,
  viewerId: number,
  request: ListRequest<[number]>,
): Promise<RawJson<Scroll<Post>> | undefined> {
  const { size, page, offset, after, maxBytes } = request
  if (page !== null && offset + size >= MAX_PAGED_ITEMS) return undefined
  const range = { before: after?.[0], skip: offset, size, maxBytes }
  const cached = await feedCache.followingPage(viewerId, range)
  if (cached === undefined) return undefined
  const { json, last, hasNext } = cached
  return new RawJson(scrollJson.write(json, request, hasNext && last ? [last.id] : undefined))
}

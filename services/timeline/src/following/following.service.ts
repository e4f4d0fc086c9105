import type { ListQuery, Scroll } from '@dailyfeed/contract/page'
import type { Post } from '@dailyfeed/contract/post'
import { listRequestOf } from '@dailyfeed/pagination-support/list'
import type { ReadContext, TimelineContext } from '../context.ts'
import { MAX_PAGED_ITEMS, readFeed } from '../feed/feed.ts'
import { isWanted } from '../feed/rules.ts'
import { scrollJson } from '../memory/one-byte-answer.ts'
import { followingSkeleton } from './following.skeleton.ts'

const scopeOf = (viewerId: number) => `followings:${viewerId}`

/** From the database: the truth, to the very end. */
export const readFollowingFeed = (
  context: ReadContext,
  viewerId: number,
  query: ListQuery,
): Promise<Scroll<Post>> =>
  readFeed(context, {
    viewerId,
    query,
    scope: scopeOf(viewerId),
    rule: isWanted,
    skeletonOf: ({ after }) =>
      followingSkeleton(context.reads, viewerId, after?.[0] as number | undefined),
  })

/**
 * The same answer from memory, as the bytes of its JSON in a one-byte string. Undefined where the page reaches beyond
 * what is remembered: its end is then the database's to tell.
 */
export async function recallFollowingFeed(
  { memory, cursors, rememberedCursors }: TimelineContext,
  viewerId: number,
  query: ListQuery,
): Promise<string | undefined> {
  const request = listRequestOf(query, scopeOf(viewerId), cursors)
  const { size, page, offset, after } = request
  if (page !== null && offset + size >= MAX_PAGED_ITEMS) return undefined
  const known = await memory.followedPosts(viewerId, {
    before: after?.[0] as number | undefined,
    skip: offset,
    size,
  })
  return known && scrollJson(known, request, rememberedCursors)
}

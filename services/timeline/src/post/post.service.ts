import { DailyfeedError, ValidationError } from '@dailyfeed/contract/errors'
import type { ListQuery, Page, Scroll } from '@dailyfeed/contract/page'
import type { Post } from '@dailyfeed/contract/post'
import { RawJson } from '@dailyfeed/http-server/raw-json'
import { traceparentOf } from '@dailyfeed/http-server/trace'
import { loadByIds } from '@dailyfeed/pagination-support/by-ids'
import { cursorOf } from '@dailyfeed/pagination-support/cursor'
import { listRequestOf, toPage, toScroll } from '@dailyfeed/pagination-support/list'
import type { ReadContext, TimelineContext } from '../context.ts'
import { fillPage } from '../feed/feed.ts'
import { type HydratedPost, loadMissingAuthors, loadPosts, toPost } from '../feed/hydration.ts'
import type { AuthorRow } from '../feed/hydration.queries.ts'
import { isVisible, isVisibleInFeeds } from '../feed/rules.ts'
import type { FeedSnapshot, VisiblePost } from '../feed-cache/feed-cache.ts'
import { countPostsOfPeriod } from './post.queries.ts'
import { authorSkeleton, periodSkeleton } from './post.skeleton.ts'

/** The id of the last post. */
const idCursor = cursorOf('number')
/** The time of the last post in microseconds since 1970, and its id. */
const timeCursor = cursorOf('number', 'number')

/** Posts of one author, newest first; none where the viewer may not see the author. A mute hides nothing here. */
export async function readPostsOf(
  context: ReadContext,
  viewerId: number,
  authorId: number,
  query: ListQuery,
): Promise<Scroll<Post>> {
  const request = listRequestOf(query, `author:${authorId}:${viewerId}`, context.cursors, {
    cursor: idCursor,
  })
  const skeleton = authorSkeleton(context.reads, authorId, request.after?.[0], request.offset)
  const items = await fillPage(context, viewerId, isVisible, skeleton, { limit: request.size + 1 })
  return toScroll(items, request, context.cursors, ({ position }) => position, toPost)
}

/** One post, which counts a view unless it is the author's own. Throws POST_NOT_FOUND. */
export async function viewPost(
  { feedCache, views }: TimelineContext,
  viewerId: number,
  postId: number,
  traceId: string,
): Promise<RawJson<Post>> {
  const { json, fragment } = await getCachedPostOrThrow(
    await feedCache.snapshot(),
    viewerId,
    postId,
  )
  const { authorId, createdAt, updatedAt } = fragment
  if (authorId !== viewerId)
    views.add('POST_READ', {
      memberId: viewerId,
      postId,
      createdAt,
      updatedAt,
      traceparent: traceparentOf(traceId),
    })
  return new RawJson(json)
}

/** For a post that is deleted, or hidden from the viewer, throws POST_NOT_FOUND. */
export async function getCachedPostOrThrow(
  snapshot: FeedSnapshot,
  viewerId: number,
  postId: number,
): Promise<VisiblePost> {
  const found = await snapshot.post(viewerId, postId)
  if (found === undefined) throw new DailyfeedError('POST_NOT_FOUND')
  return found
}

/** From the database. Throws POST_NOT_FOUND. */
export async function getVisiblePostOrThrow(
  context: ReadContext,
  viewerId: number,
  postId: number,
): Promise<HydratedPost> {
  const [found] = await findVisiblePosts(context, viewerId, [postId])
  if (found === undefined) throw new DailyfeedError('POST_NOT_FOUND')
  return found
}

/**
 * In the order of the ids, each once, without those that are deleted or hidden from the viewer. Throws a ValidationError
 * when they exceed the bytes of an answer.
 */
export const readPostsByIds = (
  context: ReadContext,
  viewerId: number,
  postIds: readonly number[],
): Promise<Post[]> =>
  loadByIds(postIds, async (ids) => (await findVisiblePosts(context, viewerId, ids)).map(toPost))

async function findVisiblePosts(
  context: ReadContext,
  viewerId: number,
  postIds: readonly number[],
): Promise<HydratedPost[]> {
  const posts = await loadPosts(context, viewerId, postIds)
  const authors = new Map<number, AuthorRow>()
  await loadMissingAuthors(
    context,
    viewerId,
    [...posts.values()].map(({ author_id }) => author_id),
    authors,
  )
  return postIds.flatMap((id) => {
    const post = posts.get(id)
    const author = post && authors.get(post.author_id)
    return post !== undefined && isVisible(author) ? [{ post, author }] : []
  })
}

export interface DateRange {
  startDate: string
  endDate: string
}

/**
 * Both days inclusive, in Seoul, newest first. Unlike feeds it has totals, so that every page can be requested. A period
 * may have any length, as in the founding system (docs/origin.md): pages and totals end at 10,000 posts.
 */
export async function readPostsOfDateRange(
  context: ReadContext,
  viewerId: number,
  { startDate, endDate, ...query }: ListQuery & DateRange,
): Promise<Page<Post>> {
  if (startDate > endDate)
    throw new ValidationError([
      {
        field: 'endDate',
        ko: '끝 날짜는 시작 날짜보다 빠를 수 없습니다.',
        en: 'The end date must not be before the start date.',
      },
    ])
  const request = listRequestOf(
    query,
    `date-range:${startDate}:${endDate}:${viewerId}`,
    context.cursors,
    { cursor: timeCursor },
  )
  const period = { from: seoulMidnight(startDate), until: seoulMidnight(endDate) + DAY_SECONDS }
  const after = request.after && { microseconds: request.after[0], id: request.after[1] }
  const [items, total] = await Promise.all([
    fillPage(
      context,
      viewerId,
      isVisibleInFeeds,
      periodSkeleton(context.reads, viewerId, period, { after, offset: request.offset }),
      { limit: request.size + 1 },
    ),
    countPostsOfPeriod(context.reads, viewerId, period),
  ])
  return toPage(
    toScroll(items, request, context.cursors, ({ position }) => position, toPost),
    total,
  )
}

const DAY_SECONDS = 86_400
/** Seconds since 1970. Seoul has kept UTC+9 without summer time since 1988. */
const seoulMidnight = (day: string) => Date.parse(`${day}T00:00:00+09:00`) / 1_000

import { DailyfeedError, ValidationError } from '@dailyfeed/contract/errors'
import type { ListQuery, Page, Scroll } from '@dailyfeed/contract/page'
import type { Post } from '@dailyfeed/contract/post'
import { traceparentOf } from '@dailyfeed/http-server/trace'
import { listRequestOf, toPage, toScroll } from '@dailyfeed/pagination-support/list'
import type { ReadContext, TimelineContext } from '../context.ts'
import { fillPage } from '../feed/feed.ts'
import { addAuthors, type HydratedPost, postsById } from '../feed/hydration.ts'
import type { AuthorRow } from '../feed/hydration.queries.ts'
import { toPost } from '../feed/post.mapper.ts'
import { isVisible, isWanted } from '../feed/rules.ts'
import type { MemoryOfNow, RememberedPost } from '../memory/memory.ts'
import { successJson } from '../memory/one-byte-answer.ts'
import { countPostsOfPeriod } from './post.queries.ts'
import { authorSkeleton, periodSkeleton } from './post.skeleton.ts'

/** Posts of one author, newest first; of one whom the viewer may not see: none. A mute does not hide what is asked for by name. */
export async function readPostsOf(
  context: ReadContext,
  viewerId: number,
  authorId: number,
  query: ListQuery,
): Promise<Scroll<Post>> {
  const request = listRequestOf(query, `author:${authorId}:${viewerId}`, context.cursors)
  const skeleton = authorSkeleton(
    context.reads,
    authorId,
    request.after?.[0] as number | undefined,
    request.offset,
  )
  const items = await fillPage(context, viewerId, isVisible, skeleton, { want: request.size + 1 })
  return toScroll(items, request, context.cursors, ({ position }) => position, toPost)
}

/** A look at a post, as the bytes of its JSON in a one-byte string. Counts unless it is the author's own. */
export async function lookAtPost(
  { memory, views }: TimelineContext,
  viewerId: number,
  postId: number,
  traceId: string,
): Promise<string> {
  const { json, fragment } = await getRememberedPostOrThrow(await memory.now(), viewerId, postId)
  const { authorId, createdAt, updatedAt } = fragment
  if (authorId !== viewerId)
    views.add('POST_READ', {
      memberId: viewerId,
      postId,
      createdAt,
      updatedAt,
      traceparent: traceparentOf(traceId),
    })
  return successJson(json)
}

/** A post that is deleted, or not for the viewer, does not exist. */
export async function getRememberedPostOrThrow(
  now: MemoryOfNow,
  viewerId: number,
  postId: number,
): Promise<RememberedPost> {
  const found = await now.post(viewerId, postId)
  if (found === undefined) throw new DailyfeedError('POST_NOT_FOUND')
  return found
}

/** The same from the database. */
export async function getVisiblePostOrThrow(
  context: ReadContext,
  viewerId: number,
  postId: number,
): Promise<HydratedPost> {
  const [found] = await findVisiblePosts(context, viewerId, [postId])
  if (found === undefined) throw new DailyfeedError('POST_NOT_FOUND')
  return found
}

/** In the order of the ids, each once, without those that are gone or not for the viewer. */
export async function readPostsByIds(
  context: ReadContext,
  viewerId: number,
  postIds: readonly number[],
): Promise<Post[]> {
  const found = await findVisiblePosts(context, viewerId, [...new Set(postIds)])
  return found.map(toPost)
}

async function findVisiblePosts(
  context: ReadContext,
  viewerId: number,
  postIds: readonly number[],
): Promise<HydratedPost[]> {
  const posts = await postsById(context, viewerId, postIds)
  const authors = new Map<number, AuthorRow>()
  await addAuthors(
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

/** Both days inclusive, in Seoul, newest first. Unlike the feeds it has totals, so every page of it can be had. */
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
  )
  const period = { from: seoulMidnight(startDate), until: seoulMidnight(endDate) + DAY_SECONDS }
  const [microseconds, id] = (request.after ?? []) as number[]
  const after = microseconds === undefined || id === undefined ? undefined : { microseconds, id }
  const [items, total] = await Promise.all([
    fillPage(
      context,
      viewerId,
      isWanted,
      periodSkeleton(context.reads, viewerId, period, { after, offset: request.offset }),
      { want: request.size + 1 },
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

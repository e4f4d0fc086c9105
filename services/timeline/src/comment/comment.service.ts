import type { Comment } from '@dailyfeed/contract/comment'
import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { ListQuery, Scroll } from '@dailyfeed/contract/page'
import { RawJson } from '@dailyfeed/http-server/raw-json'
import { traceparentOf } from '@dailyfeed/http-server/trace'
import { cursorOf } from '@dailyfeed/pagination-support/cursor'
import { listRequestOf, type ListRequest, toScroll } from '@dailyfeed/pagination-support/list'
import { type CommentRow, toComment } from '@dailyfeed/post-row/comment-row'
import { reading, type ReadContext, type TimelineContext } from '../context.ts'
import { getCachedPostOrThrow } from '../post/post.service.ts'
import {
  findComment,
  findCommentsOfMember,
  findCommentsOfPost,
  findReplies,
} from './comment.queries.ts'

/** Default size of a page of comments: clients of the founding system (docs/origin.md) request no second page. */
const COMMENTS_OF_POST = 100
/** The id of the last comment. */
const cursor = cursorOf('number')

/**
 * Top level, oldest first: from the cache where it reaches, else from the database. Throws POST_NOT_FOUND when the post
 * does not exist for the viewer.
 */
export async function readCommentsOfPost(
  context: TimelineContext,
  viewerId: number,
  postId: number,
  query: ListQuery,
): Promise<Scroll<Comment> | RawJson<Scroll<Comment>>> {
  const scope = `comments-of-post:${postId}:${viewerId}`
  const request = listRequestOf(query, scope, context.cursors, {
    cursor,
    defaultSize: COMMENTS_OF_POST,
  })
  const snapshot = await context.feedCache.snapshot()
  await getCachedPostOrThrow(snapshot, viewerId, postId)
  const { offset, size, after } = request
  const page =
    after === undefined
      ? await snapshot.commentsPage(viewerId, postId, { skip: offset, size })
      : undefined
  if (page === undefined)
    return reading(context, async (context) =>
      toCommentScroll(
        context,
        request,
        await findCommentsOfPost(context.reads, postId, rangeOf(request, viewerId)),
      ),
    )
  const { json, last, hasNext } = page
  const next = hasNext && last ? [last.id] : undefined
  return new RawJson(context.scrollJson.write(json, request, next))
}

/** Direct replies, oldest first. Throws COMMENT_NOT_FOUND. */
export async function readReplies(
  context: ReadContext,
  viewerId: number,
  commentId: number,
  query: ListQuery,
): Promise<Scroll<Comment>> {
  const request = listRequestOf(query, `replies:${commentId}:${viewerId}`, context.cursors, {
    cursor,
  })
  await getCommentOrThrow(context, viewerId, commentId)
  return toCommentScroll(
    context,
    request,
    await findReplies(context.reads, commentId, rangeOf(request, viewerId)),
  )
}

/** Newest first. Empty for a member whom the viewer may not see. */
export async function readCommentsOfMember(
  context: ReadContext,
  viewerId: number,
  authorId: number,
  query: ListQuery,
): Promise<Scroll<Comment>> {
  const request = listRequestOf(
    query,
    `comments-of-member:${authorId}:${viewerId}`,
    context.cursors,
    { cursor },
  )
  return toCommentScroll(
    context,
    request,
    await findCommentsOfMember(context.reads, authorId, rangeOf(request, viewerId)),
  )
}

/** One comment. A view of another member's comment is published as COMMENT_READ. Throws COMMENT_NOT_FOUND. */
export async function viewComment(
  context: ReadContext,
  viewerId: number,
  commentId: number,
  traceId: string,
): Promise<Comment> {
  const comment = await getCommentOrThrow(context, viewerId, commentId)
  if (comment.author_id !== viewerId) {
    context.views.add('COMMENT_READ', {
      memberId: viewerId,
      postId: comment.post_id,
      commentId,
      createdAt: comment.created_at,
      updatedAt: comment.updated_at,
      traceparent: traceparentOf(traceId),
    })
  }
  return toComment(comment)
}

async function getCommentOrThrow(
  { reads }: Pick<ReadContext, 'reads'>,
  viewerId: number,
  commentId: number,
): Promise<CommentRow> {
  const row = await findComment(reads, commentId, viewerId)
  if (row === undefined) throw new DailyfeedError('COMMENT_NOT_FOUND')
  return row
}

const rangeOf = ({ after, offset, size }: ListRequest<[number]>, viewerId: number) => ({
  viewerId,
  afterId: after?.[0],
  offset,
  limit: size + 1,
})

const toCommentScroll = (
  { cursors }: Pick<ReadContext, 'cursors'>,
  request: ListRequest,
  rows: CommentRow[],
): Scroll<Comment> => toScroll(rows, request, cursors, ({ id }) => [id], toComment)

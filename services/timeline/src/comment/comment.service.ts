import type { Comment } from '@dailyfeed/contract/comment'
import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { ListQuery, Scroll } from '@dailyfeed/contract/page'
import { traceparentOf } from '@dailyfeed/http-server/trace'
import { listRequestOf, type ListRequest, toScroll } from '@dailyfeed/pagination-support/list'
import type { ReadContext, TimelineContext } from '../context.ts'
import { scrollJson } from '../memory/one-byte-answer.ts'
import { getRememberedPostOrThrow } from '../post/post.service.ts'
import { toComment } from './comment.mapper.ts'
import {
  type CommentRow,
  findComment,
  findCommentsOfMember,
  findCommentsOfPost,
  findReplies,
} from './comment.queries.ts'

/** Pages of comments are long: the founding client asks for no second one. */
const COMMENTS_OF_POST = 100

const requestOf = (
  { cursors }: Pick<TimelineContext, 'cursors'>,
  viewerId: number,
  postId: number,
  query: ListQuery,
) =>
  listRequestOf(query, `comments-of-post:${postId}:${viewerId}`, cursors, {
    defaultSize: COMMENTS_OF_POST,
  })

/** Top level, oldest first. The comments of a post that does not exist for the viewer do not exist either. */
export async function readCommentsOfPost(
  context: ReadContext,
  viewerId: number,
  postId: number,
  query: ListQuery,
): Promise<Scroll<Comment>> {
  const request = requestOf(context, viewerId, postId, query)
  await getRememberedPostOrThrow(await context.memory.now(), viewerId, postId)
  return toCommentScroll(
    context,
    request,
    await findCommentsOfPost(context.reads, postId, stretchOf(request, viewerId)),
  )
}

/** The same from memory, as the bytes of its JSON in a one-byte string. Undefined where the page reaches beyond what is remembered. */
export async function recallCommentsOfPost(
  context: TimelineContext,
  viewerId: number,
  postId: number,
  query: ListQuery,
): Promise<string | undefined> {
  const request = requestOf(context, viewerId, postId, query)
  if (request.after !== undefined) return undefined
  const now = await context.memory.now()
  await getRememberedPostOrThrow(now, viewerId, postId)
  const page = await now.comments(viewerId, postId, { skip: request.offset, size: request.size })
  return page && scrollJson(page, request, context.rememberedCursors)
}

/** Direct replies, oldest first. */
export async function readReplies(
  context: ReadContext,
  viewerId: number,
  commentId: number,
  query: ListQuery,
): Promise<Scroll<Comment>> {
  const request = listRequestOf(query, `replies:${commentId}:${viewerId}`, context.cursors)
  await getCommentOrThrow(context, viewerId, commentId)
  return toCommentScroll(
    context,
    request,
    await findReplies(context.reads, commentId, stretchOf(request, viewerId)),
  )
}

/** Newest first; of a member whom the viewer may not see: none. */
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
  )
  return toCommentScroll(
    context,
    request,
    await findCommentsOfMember(context.reads, authorId, stretchOf(request, viewerId)),
  )
}

/** A look at a comment; another member's is told to activity-svc. */
export async function lookAtComment(
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
  { reads }: ReadContext,
  viewerId: number,
  commentId: number,
): Promise<CommentRow> {
  const row = await findComment(reads, commentId, viewerId)
  if (row === undefined) throw new DailyfeedError('COMMENT_NOT_FOUND')
  return row
}

const stretchOf = ({ after, offset, size }: ListRequest, viewerId: number) => ({
  viewerId,
  afterId: after?.[0] as number | undefined,
  offset,
  limit: size + 1,
})

const toCommentScroll = (
  { cursors }: ReadContext,
  request: ListRequest,
  rows: CommentRow[],
): Scroll<Comment> => toScroll(rows, request, cursors, ({ id }) => [id], toComment)

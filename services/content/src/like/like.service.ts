import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { Actor, ContentContext } from '../context.ts'
import { cancelLike, insertLike, isCommentVisible, isPostVisible } from './like.queries.ts'

export async function likePost(
  { sql, newEventOf, wakeRelay }: ContentContext,
  { memberId, traceparent }: Actor,
  postId: number,
): Promise<void> {
  if (!(await isPostVisible(sql, postId, memberId))) throw new DailyfeedError('POST_NOT_FOUND')
  const event = newEventOf('LIKE_POST', { memberId, postId, traceparent })
  const isNew = await insertLike(sql, event, { kind: 'post', id: postId }, memberId)
  if (!isNew) throw new DailyfeedError('POST_LIKE_ALREADY_EXISTS')
  wakeRelay()
}

export async function unlikePost(
  { sql, newEventOf, wakeRelay }: ContentContext,
  { memberId, traceparent }: Actor,
  postId: number,
): Promise<void> {
  if (!(await isPostVisible(sql, postId, memberId))) throw new DailyfeedError('POST_NOT_FOUND')
  const event = newEventOf('LIKE_POST_CANCEL', { memberId, postId, traceparent })
  const wasLiked = await cancelLike(sql, event, { kind: 'post', id: postId }, memberId)
  if (!wasLiked) throw new DailyfeedError('POST_LIKE_CANCEL_ALREADY_COMMITTED')
  wakeRelay()
}

export async function likeComment(
  { sql, newEventOf, wakeRelay }: ContentContext,
  { memberId, traceparent }: Actor,
  commentId: number,
): Promise<void> {
  if (!(await isCommentVisible(sql, commentId, memberId)))
    throw new DailyfeedError('COMMENT_NOT_FOUND')
  const event = newEventOf('LIKE_COMMENT', { memberId, commentId, traceparent })
  const isNew = await insertLike(sql, event, { kind: 'comment', id: commentId }, memberId)
  if (!isNew) throw new DailyfeedError('COMMENT_LIKE_ALREADY_EXISTS')
  wakeRelay()
}

export async function unlikeComment(
  { sql, newEventOf, wakeRelay }: ContentContext,
  { memberId, traceparent }: Actor,
  commentId: number,
): Promise<void> {
  if (!(await isCommentVisible(sql, commentId, memberId)))
    throw new DailyfeedError('COMMENT_NOT_FOUND')
  const event = newEventOf('LIKE_COMMENT_CANCEL', { memberId, commentId, traceparent })
  const wasLiked = await cancelLike(sql, event, { kind: 'comment', id: commentId }, memberId)
  if (!wasLiked) throw new DailyfeedError('COMMENT_LIKE_CANCEL_ALREADY_COMMITTED')
  wakeRelay()
}

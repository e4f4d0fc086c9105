import { MAX_COMMENT_DEPTH } from '@dailyfeed/contract/limits'
import type { Comment, CommentDraft } from '@dailyfeed/contract/comment'
import { DailyfeedError } from '@dailyfeed/contract/errors'
import { insertEvents } from '@dailyfeed/outbox/outbox'
import { toComment } from '@dailyfeed/post-row/comment-row'
import { inTransaction, type Queryable } from '@dailyfeed/postgres-support/queryable'
import type { Actor, ContentContext } from '../context.ts'
import { deletionEventsOf, subjectOf, versionOf } from './comment-events.ts'
import {
  type CommentStateRow,
  deleteCommentTree,
  findCommentState,
  findParent,
  insertComment,
  lockPost,
  updateComment,
} from './comment.queries.ts'

export async function createComment(
  { sql, newEventOf, wakeRelay }: ContentContext,
  { memberId, traceparent }: Actor,
  { postId, parentId = null, content }: CommentDraft,
): Promise<Comment> {
  const row = await inTransaction(sql, async (transaction) => {
    if (!(await lockPost(transaction, postId, memberId))) throw new DailyfeedError('POST_NOT_FOUND')
    const depth =
      parentId === null ? 0 : await replyDepthOrThrow(transaction, parentId, postId, memberId)
    const newComment = { postId, parentId, depth, authorId: memberId, content }
    const comment = await insertComment(transaction, newComment)
    const subject = subjectOf(comment)
    const event = newEventOf('COMMENT_CREATE', { ...subject, traceparent })
    await insertEvents(transaction, 'content', [{ ...event, ...subject, ...versionOf(comment) }])
    return comment
  })
  wakeRelay()
  return toComment(row)
}

async function replyDepthOrThrow(
  sql: Queryable,
  parentId: number,
  postId: number,
  memberId: number,
): Promise<number> {
  const parent = await findParent(sql, parentId, memberId)
  if (parent === undefined) throw new DailyfeedError('PARENT_COMMENT_NOT_FOUND')
  if (parent.post_id !== postId) throw new DailyfeedError('PARENT_COMMENT_POST_ID_NOT_EQUALS')
  if (parent.depth >= MAX_COMMENT_DEPTH) throw new DailyfeedError('COMMENT_DEPTH_LIMIT_EXCEEDS')
  return parent.depth + 1
}

export async function editComment(
  { sql, newEventOf, wakeRelay }: ContentContext,
  { memberId, traceparent }: Actor,
  commentId: number,
  content: string,
): Promise<Comment> {
  const comment = await getCommentStateOrThrow(sql, commentId, memberId)
  if (comment.author_id !== memberId)
    throw new DailyfeedError('COMMENT_MODIFICATION_PERMISSION_DENIED')
  const row = await inTransaction(sql, async (transaction) => {
    const edited = await updateComment(transaction, commentId, content)
    // The comment was deleted between the two statements.
    if (edited === undefined) throw new DailyfeedError('COMMENT_NOT_FOUND')
    const subject = subjectOf(edited)
    const event = newEventOf('COMMENT_UPDATE', { ...subject, traceparent })
    await insertEvents(transaction, 'content', [{ ...event, ...subject, ...versionOf(edited) }])
    return edited
  })
  wakeRelay()
  return toComment(row)
}

/** Also deletes the replies below it. Publishes one COMMENT_DELETE per deleted comment. */
export async function removeComment(
  { sql, newEventOf, wakeRelay }: ContentContext,
  { memberId, traceparent }: Actor,
  commentId: number,
): Promise<void> {
  const comment = await getCommentStateOrThrow(sql, commentId, memberId)
  if (comment.author_id !== memberId) throw new DailyfeedError('COMMENT_DELETION_PERMISSION_DENIED')
  await inTransaction(sql, async (transaction) => {
    if (!(await lockPost(transaction, comment.post_id, memberId)))
      throw new DailyfeedError('COMMENT_NOT_FOUND')
    const deleted = await deleteCommentTree(transaction, commentId)
    if (deleted.length === 0) throw new DailyfeedError('COMMENT_NOT_FOUND')
    await insertEvents(transaction, 'content', deletionEventsOf(deleted, newEventOf, traceparent))
  })
  wakeRelay()
}

async function getCommentStateOrThrow(
  sql: Queryable,
  commentId: number,
  memberId: number,
): Promise<CommentStateRow> {
  const row = await findCommentState(sql, commentId, memberId)
  if (row === undefined) throw new DailyfeedError('COMMENT_NOT_FOUND')
  return row
}

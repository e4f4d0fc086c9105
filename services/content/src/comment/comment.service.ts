import { MAX_COMMENT_DEPTH } from '@dailyfeed/contract/limits'
import type { Comment, CommentDraft } from '@dailyfeed/contract/comment'
import { DailyfeedError } from '@dailyfeed/contract/errors'
import { insertEvents } from '@dailyfeed/outbox/outbox'
import type { Sql } from 'postgres'
import type { Actor, ContentContext } from '../context.ts'
import { toComment } from './comment.mapper.ts'
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
  draft: CommentDraft,
): Promise<Comment> {
  const { postId, content } = draft
  const parentId = draft.parentId ?? null
  const row = await sql.begin(async (begun) => {
    const transaction = begun as unknown as Sql
    if (!(await lockPost(transaction, postId, memberId))) throw new DailyfeedError('POST_NOT_FOUND')
    const depth =
      parentId === null ? 0 : await replyDepthOrThrow(transaction, parentId, postId, memberId)
    const comment = await insertComment(transaction, {
      postId,
      parentId,
      depth,
      authorId: memberId,
      content,
    })
    const event = newEventOf('COMMENT_CREATE', {
      memberId,
      postId,
      commentId: comment.id,
      traceparent,
    })
    await insertEvents(transaction, 'content', [
      {
        ...event,
        memberId,
        postId,
        commentId: comment.id,
        version: comment.version,
        createdAt: comment.created_at,
        updatedAt: comment.updated_at,
      },
    ])
    return comment
  })
  wakeRelay()
  return toComment(row)
}

async function replyDepthOrThrow(
  sql: Sql,
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
  const row = await sql.begin(async (begun) => {
    const transaction = begun as unknown as Sql
    const edited = await updateComment(transaction, commentId, content)
    if (edited === undefined) throw new DailyfeedError('COMMENT_NOT_FOUND') // deleted between the two statements
    const event = newEventOf('COMMENT_UPDATE', {
      memberId,
      postId: edited.post_id,
      commentId,
      traceparent,
    })
    await insertEvents(transaction, 'content', [
      {
        ...event,
        memberId,
        postId: edited.post_id,
        commentId,
        version: edited.version,
        createdAt: edited.created_at,
        updatedAt: edited.updated_at,
      },
    ])
    return edited
  })
  wakeRelay()
  return toComment(row)
}

/** Hides the replies below it too; each hidden comment is told as a deletion of its own. */
export async function removeComment(
  { sql, newEventOf, wakeRelay }: ContentContext,
  { memberId, traceparent }: Actor,
  commentId: number,
): Promise<void> {
  const comment = await getCommentStateOrThrow(sql, commentId, memberId)
  if (comment.author_id !== memberId) throw new DailyfeedError('COMMENT_DELETION_PERMISSION_DENIED')
  await sql.begin(async (begun) => {
    const transaction = begun as unknown as Sql
    if (!(await lockPost(transaction, comment.post_id, memberId)))
      throw new DailyfeedError('COMMENT_NOT_FOUND')
    const deleted = await deleteCommentTree(transaction, commentId)
    if (deleted.length === 0) throw new DailyfeedError('COMMENT_NOT_FOUND')
    const events = deleted.map((row) => {
      const subject = { memberId: row.author_id, postId: row.post_id, commentId: row.id }
      return {
        ...newEventOf('COMMENT_DELETE', { ...subject, traceparent }),
        ...subject,
        version: row.version,
        createdAt: row.created_at,
        updatedAt: row.updated_at,
      }
    })
    await insertEvents(transaction, 'content', events)
  })
  wakeRelay()
}

async function getCommentStateOrThrow(
  sql: Sql,
  commentId: number,
  memberId: number,
): Promise<CommentStateRow> {
  const row = await findCommentState(sql, commentId, memberId)
  if (row === undefined) throw new DailyfeedError('COMMENT_NOT_FOUND')
  return row
}

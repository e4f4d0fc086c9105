import { DailyfeedError } from '@dailyfeed/contract/errors'
import { ROW_ID } from '@dailyfeed/contract/message-key'
import type { Post, PostDraft } from '@dailyfeed/contract/post'
import type { Sql } from 'postgres'
import type { Actor, ContentContext } from '../context.ts'
import { toPost } from './post.mapper.ts'
import { deletePost, findPostState, type PostStateRow, updatePost } from './post.queries.ts'

export async function createPost(
  { sql, postBatch, newEventOf, wakeRelay }: ContentContext,
  { memberId, traceparent }: Actor,
  { title, content }: PostDraft,
): Promise<Post> {
  const event = newEventOf('POST_CREATE', { memberId, postId: ROW_ID, traceparent })
  const row = await postBatch.insert(sql, {
    event,
    authorId: memberId,
    title: title ?? '',
    content,
  })
  if (row === undefined) throw new DailyfeedError('MEMBER_NOT_FOUND') // erased since the token was issued
  wakeRelay()
  return toPost(row)
}

/** An absent title stays as it is. */
export async function editPost(
  { sql, newEventOf, wakeRelay }: ContentContext,
  { memberId, traceparent }: Actor,
  postId: number,
  { title, content }: PostDraft,
): Promise<Post> {
  const post = await getPostStateOrThrow(sql, postId, memberId)
  if (post.author_id !== memberId) throw new DailyfeedError('POST_UPDATE_FORBIDDEN')
  if (post.deleted) throw new DailyfeedError('POST_ALREADY_DELETED')
  const event = newEventOf('POST_UPDATE', { memberId, postId, traceparent })
  const row = await updatePost(sql, {
    event,
    postId,
    authorId: memberId,
    title: title === null ? '' : title,
    content,
  })
  if (row === undefined) throw new DailyfeedError('POST_ALREADY_DELETED') // between the two statements
  wakeRelay()
  return toPost(row)
}

export async function removePost(
  { sql, newEventOf, wakeRelay }: ContentContext,
  { memberId, traceparent }: Actor,
  postId: number,
): Promise<void> {
  const post = await getPostStateOrThrow(sql, postId, memberId)
  if (post.author_id !== memberId) throw new DailyfeedError('POST_DELETE_FORBIDDEN')
  const wasDeleted = await deletePost(
    sql,
    newEventOf('POST_DELETE', { memberId, postId, traceparent }),
    postId,
    memberId,
  )
  if (!wasDeleted) throw new DailyfeedError('POST_ALREADY_DELETED')
  wakeRelay()
}

/** A post that the viewer may not see does not exist for them. Deleted ones are found. */
async function getPostStateOrThrow(
  sql: Sql,
  postId: number,
  viewerId: number,
): Promise<PostStateRow> {
  const row = await findPostState(sql, postId, viewerId)
  if (row === undefined || !row.visible) throw new DailyfeedError('POST_NOT_FOUND')
  return row
}

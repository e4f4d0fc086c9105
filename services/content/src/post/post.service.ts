import { DailyfeedError } from '@dailyfeed/contract/errors'
import { ROW_ID } from '@dailyfeed/contract/message-key'
import type { Post, PostDraft } from '@dailyfeed/contract/post'
import { toPost } from '@dailyfeed/post-row/post-row'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import type { Actor, ContentContext } from '../context.ts'
import { deletePost, findPostState, type PostStateRow, updatePost } from './post.queries.ts'

export async function createPost(
  { sql, postBatch, newEventOf, wakeRelay }: ContentContext,
  { memberId, traceparent }: Actor,
  draft: PostDraft,
): Promise<Post> {
  const event = newEventOf('POST_CREATE', { memberId, postId: ROW_ID, traceparent })
  const row = await postBatch.insert(sql, {
    ...draft,
    title: draft.title ?? '',
    event,
    authorId: memberId,
  })
  // The account was erased after the token was issued.
  if (row === undefined) throw new DailyfeedError('MEMBER_NOT_FOUND')
  wakeRelay()
  return toPost(row)
}

/** An absent title stays as it is; null removes it. */
export async function editPost(
  { sql, newEventOf, wakeRelay }: ContentContext,
  { memberId, traceparent }: Actor,
  postId: number,
  draft: PostDraft,
): Promise<Post> {
  const post = await getPostStateOrThrow(sql, postId, memberId)
  if (post.author_id !== memberId) throw new DailyfeedError('POST_UPDATE_FORBIDDEN')
  if (post.deleted) throw new DailyfeedError('POST_ALREADY_DELETED')
  const event = newEventOf('POST_UPDATE', { memberId, postId, traceparent })
  const row = await updatePost(sql, { ...draft, event, postId, authorId: memberId })
  // The post was deleted between the two statements.
  if (row === undefined) throw new DailyfeedError('POST_ALREADY_DELETED')
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
  const event = newEventOf('POST_DELETE', { memberId, postId, traceparent })
  if (!(await deletePost(sql, event, postId, memberId)))
    throw new DailyfeedError('POST_ALREADY_DELETED')
  wakeRelay()
}

/** A post that the viewer may not see counts as missing. Deleted posts are returned. */
async function getPostStateOrThrow(
  sql: Queryable,
  postId: number,
  viewerId: number,
): Promise<PostStateRow> {
  const row = await findPostState(sql, postId, viewerId)
  if (row === undefined || !row.visible) throw new DailyfeedError('POST_NOT_FOUND')
  return row
}

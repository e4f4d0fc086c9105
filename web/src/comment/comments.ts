import type { Comment } from '@dailyfeed/contract/comment'
import type { QueryClient } from '@tanstack/react-query'
import { changePost, reloadCounts } from '../post/posts.ts'
import { appendToPages, changeInPages, type Pages } from '../scroll/pages.ts'
import { ignoreFailure } from '../server/failure.ts'
import { optimisticToggle } from '../server/optimisticToggle.ts'
import { call } from '../session/call.ts'

const COMMENTS = 'comments'
const REPLIES = [COMMENTS, 'replies'] as const
export const topLevelKey = (postId: number) => [COMMENTS, 'of-post', postId] as const
export const repliesKey = (commentId: number) => [...REPLIES, commentId] as const
export const commentSearchKey = (keyword: string) => [COMMENTS, 'search', keyword] as const
/** A single comment is cached as a list of one, so that every cache entry of comments has the same shape. */
export const oneCommentKey = (commentId: number) => [COMMENTS, 'one', commentId] as const

interface CommentText {
  content: string
  postId: number
  parentId?: number | undefined
}

export async function createComment(
  client: QueryClient,
  text: CommentText,
  idempotencyKey: string,
): Promise<Comment> {
  const { postId, parentId } = text
  const path = parentId === undefined ? '/api/comments' : '/api/comments/replies'
  const comment = await call<Comment>('POST', path, { body: text, idempotencyKey })
  client.setQueryData<Pages<Comment>>(
    parentId === undefined ? topLevelKey(postId) : repliesKey(parentId),
    (data) => appendToPages(data, comment),
  )
  if (parentId !== undefined) changeReplyCount(client, parentId, 1)
  changePost(client, postId, (post) => ({ ...post, commentCount: post.commentCount + 1 }))
  return comment
}

export async function updateComment(
  client: QueryClient,
  commentId: number,
  content: string,
): Promise<void> {
  const updated = await call<Comment>('PUT', `/api/comments/${commentId}`, { body: { content } })
  changeComment(client, commentId, (comment) => ({
    ...comment,
    content: updated.content,
    updatedAt: updated.updatedAt,
  }))
}

export async function deleteComment(
  client: QueryClient,
  { id, parentId, postId }: Comment,
): Promise<void> {
  await ignoreFailure('COMMENT_NOT_FOUND', () => call<true>('DELETE', `/api/comments/${id}`))
  changeComment(client, id, () => undefined)
  if (parentId !== null) changeReplyCount(client, parentId, -1)
  // A failure is not worth a message: the next visit of the post loads the right counts.
  void reloadCounts(client, postId).catch(() => {})
}

export function likeComment(
  client: QueryClient,
  { id, liked }: Comment,
  onFailure: (error: unknown, on: boolean) => void,
): Promise<void> {
  return optimisticToggle({
    key: `comment-like/${id}`,
    desired: !liked,
    send: (on) => sendLike(id, on),
    show: (on) =>
      changeComment(client, id, (comment) =>
        comment.liked === on
          ? comment
          : { ...comment, liked: on, likeCount: Math.max(comment.likeCount + (on ? 1 : -1), 0) },
      ),
    onFailure,
  })
}

const sendLike = (commentId: number, on: boolean): Promise<void> =>
  ignoreFailure(on ? 'COMMENT_LIKE_ALREADY_EXISTS' : 'COMMENT_LIKE_CANCEL_ALREADY_COMMITTED', () =>
    call<true>(on ? 'POST' : 'DELETE', `/api/comments/${commentId}/like`),
  )

/** Removes the comments of a post, and all replies, from the cache: the next visit loads them from the first page. */
export function removeDiscussion(client: QueryClient, postId: number): void {
  client.removeQueries({ queryKey: topLevelKey(postId) })
  client.removeQueries({ queryKey: REPLIES })
}

function changeComment(
  client: QueryClient,
  commentId: number,
  change: (comment: Comment) => Comment | undefined,
): void {
  client.setQueriesData<Pages<Comment>>({ queryKey: [COMMENTS] }, (data) =>
    changeInPages(data, commentId, change),
  )
}

const changeReplyCount = (client: QueryClient, commentId: number, by: 1 | -1): void =>
  changeComment(client, commentId, (comment) => ({
    ...comment,
    replyCount: Math.max(comment.replyCount + by, 0),
  }))

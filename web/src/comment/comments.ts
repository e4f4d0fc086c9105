import type { Comment } from '@dailyfeed/contract/comment'
import type { QueryClient } from '@tanstack/react-query'
import { changeInPages, changePost, recountPost } from '../post/posts.ts'
import type { Pages } from '../scroll/useScroll.ts'
import { call } from '../server/call.ts'
import { isFailure } from '../server/failure.ts'
import { settle } from '../settle/settle.ts'

const COMMENTS = 'comments'
export const topLevelKey = (postId: number) => [COMMENTS, 'of-post', postId] as const
export const repliesKey = (commentId: number) => [COMMENTS, 'replies', commentId] as const
export const commentSearchKey = (keyword: string) => [COMMENTS, 'search', keyword] as const
/** A single one, in a list of one, so that every list of comments has the same form. */
export const oneCommentKey = (commentId: number) => [COMMENTS, 'one', commentId] as const

interface Draft {
  content: string
  postId: number
  parentId?: number | undefined
}

export async function createComment(
  client: QueryClient,
  draft: Draft,
  idempotencyKey: string,
): Promise<Comment> {
  const path = draft.parentId === undefined ? '/api/comments' : '/api/comments/replies'
  const comment = await call<Comment>('POST', path, { body: draft, idempotencyKey })
  // The newest stands last; where not all pages are loaded yet it is shown all the same, and once.
  client.setQueryData<Pages<Comment>>(
    draft.parentId === undefined ? topLevelKey(draft.postId) : repliesKey(draft.parentId),
    (data) => {
      const last = data?.pages.at(-1)
      if (data === undefined || last === undefined) return data
      return {
        ...data,
        pages: [...data.pages.slice(0, -1), { ...last, content: [...last.content, comment] }],
      }
    },
  )
  if (draft.parentId !== undefined)
    changeComment(client, draft.parentId, (parent) => ({
      ...parent,
      replyCount: parent.replyCount + 1,
    }))
  changePost(client, draft.postId, (post) => ({ ...post, commentCount: post.commentCount + 1 }))
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
  try {
    await call<true>('DELETE', `/api/comments/${id}`)
  } catch (error) {
    // Deleted from another tab: what was wanted is so.
    if (!isFailure(error, 'COMMENT_NOT_FOUND')) throw error
  }
  changeComment(client, id, () => undefined)
  if (parentId !== null)
    changeComment(client, parentId, (parent) => ({
      ...parent,
      replyCount: Math.max(parent.replyCount - 1, 0),
    }))
  // Not worth a sentence if it fails: the count is right again with the next look at the post.
  void recountPost(client, postId).catch(() => {})
}

export function likeComment(
  client: QueryClient,
  { id, liked }: Comment,
  onFailure: (error: unknown, on: boolean) => void,
): Promise<void> {
  return settle({
    key: `comment-like/${id}`,
    wanted: !liked,
    send: async (on) => {
      try {
        await call<true>(on ? 'POST' : 'DELETE', `/api/comments/${id}/like`)
      } catch (error) {
        if (
          !isFailure(
            error,
            on ? 'COMMENT_LIKE_ALREADY_EXISTS' : 'COMMENT_LIKE_CANCEL_ALREADY_COMMITTED',
          )
        )
          throw error
      }
    },
    show: (on) =>
      changeComment(client, id, (comment) =>
        comment.liked === on
          ? comment
          : { ...comment, liked: on, likeCount: Math.max(comment.likeCount + (on ? 1 : -1), 0) },
      ),
    onFailure,
  })
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

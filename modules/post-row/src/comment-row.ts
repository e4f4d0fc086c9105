import type { Comment } from '@dailyfeed/contract/comment'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import type { Fragment } from 'postgres'
import type { AuthorColumns } from './author-row.ts'

/**
 * The columns, the row type and the mapper of the contract's Comment, as `post-row.ts` has those of
 * Post.
 */
export interface CommentColumns {
  id: number
  post_id: number
  parent_id: number | null
  depth: number
  author_id: number
  content: string
  like_count: number
  reply_count: number
  created_at: Date
  updated_at: Date
}

/** Columns of `content.comment comment`. */
export const commentColumns = (sql: Queryable): Fragment => sql`
  comment.id, comment.post_id, comment.parent_id, comment.depth, comment.author_id,
  comment.content, comment.like_count, comment.reply_count, comment.created_at, comment.updated_at`

export interface CommentRow extends CommentColumns, AuthorColumns {
  /** Whether the viewer likes it. */
  liked: boolean
}

export const toComment = (row: CommentRow): Comment => ({
  id: row.id,
  liked: row.liked,
  content: row.content,
  authorId: row.author_id,
  authorName: row.author_name,
  authorHandle: row.author_handle,
  authorAvatarUrl: row.author_avatar_url,
  postId: row.post_id,
  parentId: row.parent_id,
  depth: row.depth,
  likeCount: row.like_count,
  replyCount: row.reply_count,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
})

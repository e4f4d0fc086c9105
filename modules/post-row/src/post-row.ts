import type { Post } from '@dailyfeed/contract/post'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import type { Fragment } from 'postgres'
import type { AuthorColumns } from './author-row.ts'

/**
 * The columns, the row type and the mapper of the contract's Post, for every service that reads
 * posts. Each service still writes its own queries: it joins the tables under the aliases named
 * here and selects these columns among its own.
 */
export interface PostColumns {
  id: number
  author_id: number
  title: string
  content: string
  created_at: Date
  updated_at: Date
}

/** Columns of `content.post post`. */
export const postColumns = (sql: Queryable): Fragment => sql`
  post.id, post.author_id, post.title, post.content, post.created_at, post.updated_at`

export interface PostCounterColumns {
  view_count: number
  like_count: number
  comment_count: number
}

/**
 * Columns of `content.post_counter counter` in a left join: a post has no counter before its first
 * view, like or comment.
 */
export const postCounterColumns = (sql: Queryable): Fragment => sql`
  coalesce(counter.view_count, 0) as view_count, coalesce(counter.like_count, 0) as like_count,
  coalesce(counter.comment_count, 0) as comment_count`

/** A post without its author, for services that cache or load authors separately. */
export interface PostWithoutAuthorRow extends PostColumns, PostCounterColumns {
  /** Whether the viewer likes it. */
  liked: boolean
}

export interface PostRow extends PostWithoutAuthorRow, AuthorColumns {}

export const toPost = (row: PostRow): Post => toPostOf(row, row)

export const toPostOf = (post: PostWithoutAuthorRow, author: AuthorColumns): Post => ({
  id: post.id,
  title: post.title,
  content: post.content,
  authorId: post.author_id,
  authorName: author.author_name,
  authorHandle: author.author_handle,
  authorAvatarUrl: author.author_avatar_url,
  viewCount: post.view_count,
  likeCount: post.like_count,
  commentCount: post.comment_count,
  liked: post.liked,
  createdAt: post.created_at.toISOString(),
  updatedAt: post.updated_at.toISOString(),
})

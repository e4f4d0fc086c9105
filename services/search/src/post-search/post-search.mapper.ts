import type { Post } from '@dailyfeed/contract/post'
import type { PostHitRow } from './post-search.queries.ts'

export const toPost = (row: PostHitRow): Post => ({
  id: row.id,
  title: row.title,
  content: row.content,
  authorId: row.author_id,
  authorName: row.author_name,
  authorHandle: row.author_handle,
  authorAvatarUrl: row.author_avatar_url,
  viewCount: row.view_count,
  likeCount: row.like_count,
  commentCount: row.comment_count,
  liked: row.liked,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
})

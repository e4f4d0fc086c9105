import type { Comment } from '@dailyfeed/contract/comment'
import type { CommentRow } from './comment.queries.ts'

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

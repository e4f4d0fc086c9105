import type { Post } from '@dailyfeed/contract/post'
import type { AuthorRow, PostRow } from './hydration.queries.ts'

interface ShownPost {
  post: PostRow
  author: Pick<AuthorRow, 'member_name' | 'handle' | 'avatar_url'>
}

export const toPost = ({ post, author }: ShownPost): Post => ({
  id: post.id,
  title: post.title,
  content: post.content,
  authorId: post.author_id,
  authorName: author.member_name,
  authorHandle: author.handle,
  authorAvatarUrl: author.avatar_url,
  viewCount: post.view_count,
  likeCount: post.like_count,
  commentCount: post.comment_count,
  liked: post.liked,
  createdAt: post.created_at.toISOString(),
  updatedAt: post.updated_at.toISOString(),
})

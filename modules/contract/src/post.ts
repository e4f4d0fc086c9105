import Type, { type Static } from 'typebox'
import { Id, Instant, nullable } from './field.ts'
import { MAX_POST_CONTENT_LENGTH, MAX_POST_TITLE_LENGTH } from './limits.ts'

/** The body of creating or editing a post. Lengths count Unicode code points. */
export const PostDraft = Type.Object({
  title: Type.Optional(nullable(Type.String({ maxLength: MAX_POST_TITLE_LENGTH }))),
  content: Type.String({ minLength: 1, maxLength: MAX_POST_CONTENT_LENGTH }),
})
export type PostDraft = Static<typeof PostDraft>

export const PostPath = Type.Object({ postId: Id })
export const PostIds = Type.Object({ ids: Type.Array(Id, { maxItems: 1_000 }) })

export const Post = Type.Object({
  id: Type.Integer(),
  title: Type.String(),
  content: Type.String(),
  authorId: Type.Integer(),
  authorName: Type.String(),
  authorHandle: Type.String(),
  authorAvatarUrl: nullable(Type.String()),
  viewCount: Type.Integer(),
  likeCount: Type.Integer(),
  commentCount: Type.Integer(),
  /** Whether the caller likes it. */
  liked: Type.Boolean(),
  createdAt: Instant,
  /** Equal to `createdAt` until the author edits the post; views, likes and comments do not change it. */
  updatedAt: Instant,
})
export type Post = Static<typeof Post>

export const PostStatistics = Type.Object({
  commentCount: Type.Integer(),
  likeCount: Type.Integer(),
})

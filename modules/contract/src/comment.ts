import Type, { type Static } from 'typebox'
import { Id, Instant, nullable } from './field.ts'
import { MAX_COMMENT_LENGTH } from './limits.ts'

const CommentContent = Type.String({ minLength: 1, maxLength: MAX_COMMENT_LENGTH })

export const CommentDraft = Type.Object({
  content: CommentContent,
  postId: Id,
  parentId: Type.Optional(nullable(Id)),
})
export type CommentDraft = Static<typeof CommentDraft>

export const ReplyDraft = Type.Object({ content: CommentContent, postId: Id, parentId: Id })
export const CommentEdit = Type.Object({ content: CommentContent })
export const CommentPath = Type.Object({ commentId: Id })

const commentFields = {
  id: Type.Integer(),
  /** Whether the caller likes it. */
  liked: Type.Boolean(),
  content: Type.String(),
  authorId: Type.Integer(),
  authorName: Type.String(),
  authorHandle: Type.String(),
  authorAvatarUrl: nullable(Type.String()),
  postId: Type.Integer(),
  parentId: nullable(Type.Integer()),
  depth: Type.Integer(),
  likeCount: Type.Integer(),
  /** Number of direct replies that are not deleted. */
  replyCount: Type.Integer(),
  createdAt: Instant,
  updatedAt: Instant,
}
export const Comment = Type.Object(commentFields)
export type Comment = Static<typeof Comment>

/** A comment found by search, with the title of its post. */
export const CommentHit = Type.Object({ ...commentFields, postTitle: Type.String() })
export type CommentHit = Static<typeof CommentHit>

import Type, { type Static } from 'typebox'
import { Id, Instant, nullable } from './field.ts'

export const Activity = Type.Object({
  memberId: Type.Integer(),
  postId: nullable(Type.Integer()),
  commentId: nullable(Type.Integer()),
  targetMemberId: nullable(Type.Integer()),
  memberActivityType: Type.String(),
  createdAt: Instant,
  updatedAt: Instant,
})
export type Activity = Static<typeof Activity>

/**
 * A report of an activity over HTTP, as founding clients send it. The service checks that the type
 * fits the path.
 */
export const PostActivityReport = Type.Object({
  memberId: Id,
  postId: Id,
  activityType: Type.String({ maxLength: 40 }),
})
export type PostActivityReport = Static<typeof PostActivityReport>
export const CommentActivityReport = Type.Object({
  memberId: Id,
  postId: Id,
  commentId: Id,
  activityType: Type.String({ maxLength: 40 }),
})
export type CommentActivityReport = Static<typeof CommentActivityReport>

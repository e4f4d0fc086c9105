import Type, { type Static } from 'typebox'
import { Id, Instant, nullable } from './field.ts'
import { MemberSummary } from './member.ts'

export const NOTIFICATION_TYPES = [
  'LIKE_POST',
  'LIKE_COMMENT',
  'COMMENT_CREATE',
  'COMMENT_REPLY',
  'MEMBER_FOLLOW',
] as const
export type NotificationType = (typeof NOTIFICATION_TYPES)[number]

export const Notification = Type.Object({
  id: Type.Integer(),
  type: Type.Enum([...NOTIFICATION_TYPES]),
  postId: nullable(Type.Integer()),
  commentId: nullable(Type.Integer()),
  /** The most recent of the members who acted; `actorCount` counts those of the newest 1,000 acts. */
  actors: Type.Array(MemberSummary),
  actorCount: Type.Integer(),
  read: Type.Boolean(),
  createdAt: Instant,
  updatedAt: Instant,
})
export type Notification = Static<typeof Notification>

export const UnreadCount = Type.Object({
  unreadCount: Type.Integer({ description: 'exact up to 1,000' }),
})
/** Without `ids` every notification is marked as read. */
export const ReadNotifications = Type.Object({
  ids: Type.Optional(nullable(Type.Array(Id, { maxItems: 1_000 }))),
})

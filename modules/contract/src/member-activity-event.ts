import Type, { type Static } from 'typebox'
import { nullable } from './field.ts'

export const ACTIVITY_TYPES = [
  'POST_CREATE',
  'POST_UPDATE',
  'POST_DELETE',
  'POST_READ',
  'COMMENT_CREATE',
  'COMMENT_UPDATE',
  'COMMENT_DELETE',
  'COMMENT_READ',
  'LIKE_POST',
  'LIKE_POST_CANCEL',
  'LIKE_COMMENT',
  'LIKE_COMMENT_CANCEL',
  'MEMBER_SIGNUP',
  'MEMBER_LOGIN',
  'MEMBER_LOGOUT',
  'MEMBER_FOLLOW',
  'MEMBER_UNFOLLOW',
  'MEMBER_BLOCK',
  'MEMBER_UNBLOCK',
  'MEMBER_PROFILE_UPDATE',
  'MEMBER_WITHDRAW',
  'MEMBER_RESTORE',
  'MEMBER_ERASE',
] as const
export type ActivityType = (typeof ACTIVITY_TYPES)[number]

/** Wishes of one's own that are told to nobody: they stand in the outbox for what a member's own reads remember. */
export type PrivateActivityType = 'MEMBER_MUTE' | 'MEMBER_UNMUTE'
/** All that may stand in an outbox. */
export type OutboxType = ActivityType | PrivateActivityType
export const isPrivate = (type: OutboxType): type is PrivateActivityType =>
  type === 'MEMBER_MUTE' || type === 'MEMBER_UNMUTE'

/** Categories of the founding system: replies are comments. */
export type ActivityCategory = 'POST' | 'COMMENT' | 'POST_LIKE' | 'COMMENT_LIKE' | 'MEMBER'

export function categoryOf(type: ActivityType): ActivityCategory {
  if (type.startsWith('POST_')) return 'POST'
  if (type.startsWith('COMMENT_')) return 'COMMENT'
  if (type.startsWith('LIKE_POST')) return 'POST_LIKE'
  if (type.startsWith('LIKE_COMMENT')) return 'COMMENT_LIKE'
  return 'MEMBER'
}

export const EVENT_SCHEMA_VERSION = 1
export const MAX_EVENTS_PER_BATCH = 500

const EventId = Type.String({
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$',
  maxLength: 36,
})
const Instant = Type.String({ format: 'date-time', maxLength: 40 })
const EntityId = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })

/** What a service tells the others about one act of one member. Validated by publisher and listener. */
export const MemberActivityEvent = Type.Object({
  /** UUIDv7, made once with the outbox row: what delivery is deduplicated by. */
  eventId: EventId,
  schemaVersion: Type.Integer({ minimum: 1, maximum: EVENT_SCHEMA_VERSION }),
  /** What the record of the activity is keyed by; see `message-key.ts`. */
  messageKey: Type.String({ minLength: 1, maxLength: 250 }),
  /** Rises by one with each change of the thing: newer means higher, whatever the clocks say. */
  version: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  memberActivityType: Type.Enum([...ACTIVITY_TYPES]),
  memberId: EntityId,
  postId: Type.Optional(nullable(EntityId)),
  commentId: Type.Optional(nullable(EntityId)),
  targetMemberId: Type.Optional(nullable(EntityId)),
  /** When the thing was made. */
  createdAt: Instant,
  updatedAt: Instant,
  /** When the act committed. */
  occurredAt: Instant,
})
export type MemberActivityEvent = Static<typeof MemberActivityEvent>

import Type, { type Static } from 'typebox'
import { ACTIVITY_TYPES } from './event-registry.ts'
import { nullable } from './field.ts'

export const EVENT_SCHEMA_VERSION = 1
export const MAX_EVENTS_PER_BATCH = 500

const EventId = Type.String({
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$',
  maxLength: 36,
})
const Instant = Type.String({ format: 'date-time', maxLength: 40 })
const EntityId = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })

/** One action of one member, as services publish it. Listeners validate it before they apply it. */
export const MemberActivityEvent = Type.Object({
  /** UUIDv7, created once with the outbox row. Deliveries are deduplicated by it. */
  eventId: EventId,
  schemaVersion: Type.Integer({ minimum: 1, maximum: EVENT_SCHEMA_VERSION }),
  /** The key of the activity's record; see `message-key.ts`. */
  messageKey: Type.String({ minLength: 1, maxLength: 250 }),
  /**
   * Increments with each change of the content: the higher version is the newer one, whatever the
   * clocks say.
   */
  version: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  memberActivityType: Type.Enum([...ACTIVITY_TYPES]),
  memberId: EntityId,
  postId: Type.Optional(nullable(EntityId)),
  commentId: Type.Optional(nullable(EntityId)),
  targetMemberId: Type.Optional(nullable(EntityId)),
  /** When the content or the account was created. */
  createdAt: Instant,
  updatedAt: Instant,
  /** When the action committed. */
  occurredAt: Instant,
})
export type MemberActivityEvent = Static<typeof MemberActivityEvent>

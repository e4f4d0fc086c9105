import { EVENTS } from './event-registry.ts'
import type { MemberActivityEvent } from './member-activity-event.ts'

/** By any type, since a relay may have to deliver rows that a newer release wrote. */
const ORDERED_BY = new Map<string, 'postId' | 'memberId'>(
  Object.entries(EVENTS).map(([type, { orderedBy }]) => [type, orderedBy]),
)

/**
 * The key within which events keep their order: events of a post, its comments and their likes share the post's, the
 * other events of a member share the member's.
 */
export const partitionKeyOf = ({
  memberActivityType,
  postId,
  memberId,
}: Pick<MemberActivityEvent, 'memberActivityType' | 'postId' | 'memberId'>): string =>
  ORDERED_BY.get(memberActivityType) === 'memberId' || typeof postId !== 'number'
    ? `member:${memberId}`
    : `post:${postId}`

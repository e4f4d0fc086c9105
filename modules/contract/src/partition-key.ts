import { categoryOf, type MemberActivityEvent } from './member-activity-event.ts'

/** What keeps the order of one thing's events: those of a post, its comments and likes share one, and so do a member's own. */
export const partitionKeyOf = ({
  memberActivityType,
  postId,
  memberId,
}: Pick<MemberActivityEvent, 'memberActivityType' | 'postId' | 'memberId'>): string =>
  categoryOf(memberActivityType) === 'MEMBER' || typeof postId !== 'number'
    ? `member:${memberId}`
    : `post:${postId}`

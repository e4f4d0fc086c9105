import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'

const TIME = '2026-11-25T00:00:00.000Z'

/** A valid event whose id and key follow from its number; by default a view of post 1 by member 1. */
export const activityEvent = (
  n: number,
  fields: Partial<MemberActivityEvent> = {},
): MemberActivityEvent => ({
  eventId: `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`,
  schemaVersion: 1,
  messageKey: `k${n}`,
  version: 1,
  memberActivityType: 'POST_READ',
  memberId: 1,
  postId: 1,
  createdAt: TIME,
  updatedAt: TIME,
  occurredAt: TIME,
  ...fields,
})

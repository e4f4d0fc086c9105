import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import type { EventHandler } from '@dailyfeed/event-listener/event-handler'
import { EFFECTS } from '../event-effects.ts'
import { addToInterests, type WeighedAct } from './interest.queries.ts'

/**
 * Counts whom a member cares for: what recommendations go by. Sums have no order, so that a like may be seen taken back
 * before it is seen given; a sum cannot tell a duplicate, so that the inbox has to.
 */
export const countInterests: EventHandler = {
  name: 'interest',
  usesInbox: true,
  handles: (event) => toWeighedAct(event) !== undefined,
  apply: (sql, events) =>
    addToInterests(
      sql,
      events.flatMap((event) => toWeighedAct(event) ?? []),
    ),
}

function toWeighedAct({
  memberActivityType,
  memberId,
  postId,
  commentId,
}: MemberActivityEvent): WeighedAct | undefined {
  const { interest } = EFFECTS[memberActivityType]
  if (interest === null) return undefined
  const { weight, of } = interest
  if (of === 'POST') return postId ? { memberId, postId, commentId: null, weight } : undefined
  return commentId ? { memberId, postId: null, commentId, weight } : undefined
}

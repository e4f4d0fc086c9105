import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import type { EventHandler } from '@dailyfeed/event-listener/event-handler'
import { EFFECTS } from '../event-effects.ts'
import { addToInterests, type WeighedAction } from './interest.queries.ts'

/**
 * Sums up each member's interest in each author, for recommendations. A sum does not depend on
 * order, so the cancellation of a like may arrive before the like. A sum cannot recognise a
 * duplicate, so the handler uses the inbox.
 */
export const countInterests: EventHandler = {
  name: 'interest',
  usesInbox: true,
  handles: (event) => toWeighedAction(event) !== undefined,
  apply: (sql, events) =>
    addToInterests(
      sql,
      events.flatMap((event) => toWeighedAction(event) ?? []),
    ),
}

function toWeighedAction({
  memberActivityType,
  memberId,
  postId,
  commentId,
}: MemberActivityEvent): WeighedAction | undefined {
  const { interest } = EFFECTS[memberActivityType]
  if (interest === null) return undefined
  const { weight, of } = interest
  if (of === 'POST') return postId ? { memberId, postId, commentId: null, weight } : undefined
  return commentId ? { memberId, postId: null, commentId, weight } : undefined
}

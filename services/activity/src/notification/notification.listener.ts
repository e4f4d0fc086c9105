import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import type { EventHandler } from '@dailyfeed/event-listener/event-handler'
import { EFFECTS } from '../event-effects.ts'
import {
  assignToGroups,
  lockNumbers,
  type PublishedAction,
  resolveActions,
  upsertActions,
} from './notification-write.queries.ts'

/**
 * Notifies members of the actions of others on their posts, comments and profile. Only
 * the highest version of an action counts, in any order of its events.
 */
export const notifyMembers: EventHandler = {
  name: 'notify',
  usesInbox: true,
  handles: ({ memberActivityType }) => EFFECTS[memberActivityType].notification !== null,
  async apply(sql, events) {
    await lockNumbers(sql)
    const resolved = await resolveActions(sql, events.flatMap(toPublishedAction))
    const changed = await upsertActions(sql, resolved)
    await assignToGroups(
      sql,
      changed.filter(({ notification_id, active }) => notification_id === null && active),
    )
    return new Set(changed.map(({ event_id }) => event_id)).size
  },
}

function toPublishedAction(event: MemberActivityEvent): PublishedAction[] {
  const { notification } = EFFECTS[event.memberActivityType]
  if (notification === null) return []
  return [
    {
      ...notification,
      event_id: event.eventId,
      actor_id: event.memberId,
      post_id: event.postId ?? null,
      comment_id: event.commentId ?? null,
      target_id: event.targetMemberId ?? null,
      version: event.version,
      acted_at: event.occurredAt,
    },
  ]
}

import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import type { EventHandler } from '@dailyfeed/event-listener/event-handler'
import type { Sql } from 'postgres'
import { EFFECTS } from '../event-effects.ts'
import {
  assignToGroups,
  holdOrderOfCommits,
  resolveActs,
  type ToldAct,
  upsertActs,
} from './notification-write.queries.ts'

/** Tells members what others did with their things. Of one act only the highest version counts, whatever order events arrive in. */
export const notifyMembers: EventHandler = {
  name: 'notify',
  usesInbox: true,
  handles: ({ memberActivityType }) => EFFECTS[memberActivityType].notification !== null,
  async apply(sql: Sql, events: MemberActivityEvent[]): Promise<number> {
    await holdOrderOfCommits(sql)
    const resolved = await resolveActs(sql, events.flatMap(toToldAct))
    const changed = await upsertActs(sql, resolved)
    await assignToGroups(
      sql,
      changed.filter(({ notification_id, active }) => notification_id === null && active),
    )
    return new Set(changed.map(({ event_id }) => event_id)).size
  },
}

function toToldAct(event: MemberActivityEvent): ToldAct[] {
  const act = EFFECTS[event.memberActivityType].notification
  if (act === null) return []
  const {
    eventId,
    memberId,
    postId = null,
    commentId = null,
    targetMemberId = null,
    version,
    occurredAt,
  } = event
  return [
    {
      ...act,
      event_id: eventId,
      actor_id: memberId,
      post_id: postId,
      comment_id: commentId,
      target_id: targetMemberId,
      version,
      acted_at: occurredAt,
    },
  ]
}

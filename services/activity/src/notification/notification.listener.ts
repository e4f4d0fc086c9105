import type { ActivityType, MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import type { EventHandler } from '@dailyfeed/event-listener/listener'
import type { Sql } from 'postgres'
import {
  assignToGroups,
  holdOrderOfCommits,
  resolveActs,
  type ToldAct,
  upsertActs,
} from './notification-write.queries.ts'

/** The act that an event does or takes back. */
const ACTS: Partial<Record<ActivityType, Pick<ToldAct, 'act' | 'active'>>> = {
  LIKE_POST: { act: 'LIKE_POST', active: true },
  LIKE_POST_CANCEL: { act: 'LIKE_POST', active: false },
  LIKE_COMMENT: { act: 'LIKE_COMMENT', active: true },
  LIKE_COMMENT_CANCEL: { act: 'LIKE_COMMENT', active: false },
  COMMENT_CREATE: { act: 'COMMENT', active: true },
  COMMENT_DELETE: { act: 'COMMENT', active: false },
  MEMBER_FOLLOW: { act: 'MEMBER_FOLLOW', active: true },
  MEMBER_UNFOLLOW: { act: 'MEMBER_FOLLOW', active: false },
}

/** Tells members what others did with their things. Of one act only the highest version counts, whatever order events arrive in. */
export const notifyMembers: EventHandler = {
  name: 'notify',
  usesInbox: true,
  handles: ({ memberActivityType }) => memberActivityType in ACTS,
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
  const act = ACTS[event.memberActivityType]
  if (act === undefined) return []
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

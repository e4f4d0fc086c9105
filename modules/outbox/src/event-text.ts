import type { ActivityType } from '@dailyfeed/contract/event-registry'
import { EVENT_SCHEMA_VERSION } from '@dailyfeed/contract/member-activity-event'
import { partitionKeyOf } from '@dailyfeed/contract/partition-key'
import type { Fragment, Sql } from 'postgres'
import type { OutgoingEvent } from './destination.ts'

/**
 * A row of the outbox, named `outbox`, as one text with tabs between: no value of it holds one. The driver would take
 * longer over twelve columns and PostgreSQL longer over JSON than all else that a relay does. Times that are the first
 * again are left empty: printing three was a third of it, and most often they are one.
 */
export const eventText = (sql: Sql, before: Fragment = sql``): Fragment => sql`
  concat_ws(E'\\t', ${before} outbox.event_id, outbox.activity_type, outbox.message_key, outbox.version, outbox.member_id, coalesce(outbox.post_id, 0),
    coalesce(outbox.comment_id, 0), coalesce(outbox.target_member_id, 0), outbox.created_at at time zone 'UTC',
    case when outbox.updated_at = outbox.created_at then '' else (outbox.updated_at at time zone 'UTC')::text end,
    case when outbox.occurred_at = outbox.created_at then '' else (outbox.occurred_at at time zone 'UTC')::text end)`

/** Ids count from 1: 0 is none. */
const idOf = (text: string): string => (text === '0' ? 'null' : text)
/** `2026-11-25 01:02:03.456789`, of UTC, as JSON has it. */
const instantOf = (text: string): string => `"${text.slice(0, 10)}T${text.slice(11)}Z"`

type Fields = [
  eventId: string,
  type: ActivityType,
  messageKey: string,
  ...rest: [string, string, string, string, string, string, string, string],
]

/** An `eventText` as an event that travels. */
export function toOutgoingEvent(text: string): OutgoingEvent {
  const [
    eventId,
    type,
    messageKey,
    version,
    memberId,
    postId,
    commentId,
    targetMemberId,
    createdAt,
    updatedAt,
    occurredAt,
  ] = text.split('\t') as Fields
  const created = instantOf(createdAt)
  const orCreated = (text: string) => (text === '' ? created : instantOf(text))
  return {
    partitionKey: partitionKeyOf({
      memberActivityType: type,
      postId: Number(postId) || null,
      memberId: Number(memberId),
    }),
    json: `{"eventId":"${eventId}","schemaVersion":${EVENT_SCHEMA_VERSION},"messageKey":${JSON.stringify(messageKey)},"version":${version},"memberActivityType":"${type}","memberId":${memberId},"postId":${idOf(postId)},"commentId":${idOf(commentId)},"targetMemberId":${idOf(targetMemberId)},"createdAt":${created},"updatedAt":${orCreated(updatedAt)},"occurredAt":${orCreated(occurredAt)}}`,
  }
}

/** The JSON text of an `eventText`. */
export const toEventJson = (text: string): string => toOutgoingEvent(text).json

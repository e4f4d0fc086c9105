import type { ActivityType } from '@dailyfeed/contract/event-registry'
import { EVENT_SCHEMA_VERSION } from '@dailyfeed/contract/member-activity-event'
import { partitionKeyOf } from '@dailyfeed/contract/partition-key'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import type { Fragment } from 'postgres'
import type { OutgoingEvent } from './destination.ts'

/**
 * Renders a row of the outbox (as `outbox`) as one text separated by tabs, which no value contains. Parsing twelve columns
 * in the driver, or rendering JSON in PostgreSQL, would take longer than everything else that a relay does. Times equal to
 * the first one are left empty: rendering three took a third of the statement, and mostly all are equal.
 */
export const eventText = (sql: Queryable, before: Fragment = sql``): Fragment => sql`
  concat_ws(E'\\t', ${before} outbox.event_id, outbox.activity_type, outbox.message_key, outbox.version, outbox.member_id, coalesce(outbox.post_id, 0),
    coalesce(outbox.comment_id, 0), coalesce(outbox.target_member_id, 0), outbox.created_at at time zone 'UTC',
    case when outbox.updated_at = outbox.created_at then '' else (outbox.updated_at at time zone 'UTC')::text end,
    case when outbox.occurred_at = outbox.created_at then '' else (outbox.occurred_at at time zone 'UTC')::text end)`

/** Ids start at 1; 0 stands for none. */
const idOf = (text: string): string => (text === '0' ? 'null' : text)
/** Turns `2026-11-25 01:02:03.456789`, in UTC, into a JSON string of ISO 8601. */
const instantOf = (text: string): string => `"${text.slice(0, 10)}T${text.slice(11)}Z"`

type Fields = [
  eventId: string,
  type: ActivityType,
  messageKey: string,
  ...rest: [string, string, string, string, string, string, string, string],
]

/** Turns an `eventText` into an event that can be sent. */
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

/** Turns an `eventText` into the JSON text of its event. */
export const toEventJson = (text: string): string => toOutgoingEvent(text).json

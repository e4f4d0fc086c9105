import type { OutboxType } from '@dailyfeed/contract/event-registry'
import { messageKeyOf, nextKeyTime, ROW_ID } from '@dailyfeed/contract/message-key'
import { numberArray, textArray } from '@dailyfeed/postgres-support/array-literal'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import type { Fragment } from 'postgres'
import { type DestinationsOf, overHttp } from './publish-settings.ts'

/** An event before it is written; the database generates its id with the row. */
export interface NewEvent {
  type: OutboxType
  messageKey: string
  destinations: string[]
  traceparent: string | null
}

interface Subject {
  memberId: number
  /** `ROW_ID` when the same statement creates the post. */
  postId?: number | typeof ROW_ID
  /** `ROW_ID` when the same statement creates the comment. */
  commentId?: number | typeof ROW_ID
  targetMemberId?: number
  traceparent?: string
}

export type NewEventOf = (type: OutboxType, subject: Subject) => NewEvent

/** `timeZone`: IANA zone of the times in message keys. */
export const createNewEventOf =
  (timeZone: string, destinationsOf: DestinationsOf = overHttp): NewEventOf =>
  (type, { traceparent = null, ...subject }) => ({
    type,
    messageKey: messageKeyOf({ type, ...subject, time: nextKeyTime(timeZone, Date.now()) }),
    destinations: destinationsOf(type),
    traceparent,
  })

/**
 * The last CTEs of a write: they insert its event and one pending row per destination, so that a single statement commits
 * everything. `subject` selects one row with row_id, member_id, post_id, comment_id, target_member_id, version, created_at
 * and updated_at; when it selects none (the write changed nothing), no event is written.
 */
export const outboxEntry = (
  sql: Queryable,
  schema: string,
  event: NewEvent,
  subject: Fragment,
): Fragment =>
  outboxEntries(
    sql,
    schema,
    event,
    sql`
      select ${event.messageKey} as message_key, ${event.traceparent} as traceparent, subject.*
      from (${subject}) as subject`,
  )

/**
 * Like `outboxEntry`, for many events of one type: each row of `subjects` has a message_key and a
 * traceparent too.
 */
export function outboxEntries(
  sql: Queryable,
  schema: string,
  { type, destinations }: Pick<NewEvent, 'type' | 'destinations'>,
  subjects: Fragment,
): Fragment {
  return sql`
    event as (
      insert into ${sql(schema)}.outbox (
        activity_type, message_key, traceparent, version, member_id, post_id, comment_id,
        target_member_id, created_at, updated_at)
      select ${type}, replace(message_key, ${ROW_ID}, row_id::text), traceparent, version, member_id,
        post_id, comment_id, target_member_id, created_at, updated_at
      from (${subjects}) as subject
      returning event_id
    ), pending as (
      insert into ${sql(schema)}.outbox_pending (event_id, destination)
      select event_id, destination from event cross join unnest(${destinations}::text[]) as destination
    )`
}

/** An event whose content is known before the statement that writes it. */
export interface WrittenEvent extends NewEvent {
  memberId: number
  postId?: number | null
  commentId?: number | null
  targetMemberId?: number | null
  version: number
  createdAt: Date
  updatedAt: Date
}

/** Writes events inside the transaction of a write that consists of several statements. */
export async function insertEvents(
  sql: Queryable,
  schema: string,
  events: readonly WrittenEvent[],
): Promise<void> {
  if (events.length === 0) return
  await sql`
    with given as (
      select uuidv7() as event_id, g.* from unnest(
        ${textArray(events.map(({ type }) => type))}::text::text[],
        ${textArray(events.map(({ messageKey }) => messageKey))}::text::text[],
        ${textArray(events.map(({ traceparent }) => traceparent))}::text::text[],
        ${numberArray(events.map(({ version }) => version))}::text::bigint[],
        ${numberArray(events.map(({ memberId }) => memberId))}::text::bigint[],
        ${numberArray(events.map(({ postId }) => postId))}::text::bigint[],
        ${numberArray(events.map(({ commentId }) => commentId))}::text::bigint[],
        ${numberArray(events.map(({ targetMemberId }) => targetMemberId))}::text::bigint[],
        ${textArray(events.map(({ createdAt }) => createdAt.toISOString()))}::text::timestamptz[],
        ${textArray(events.map(({ updatedAt }) => updatedAt.toISOString()))}::text::timestamptz[],
        ${textArray(events.map(({ destinations }) => destinations.join(' ')))}::text::text[]
      ) as g (
        activity_type, message_key, traceparent, version, member_id, post_id, comment_id,
        target_member_id, created_at, updated_at, destinations)
    ), event as (
      insert into ${sql(schema)}.outbox (
        event_id, activity_type, message_key, traceparent, version, member_id, post_id, comment_id,
        target_member_id, created_at, updated_at)
      select event_id, activity_type, message_key, traceparent, version, member_id, post_id,
        comment_id, target_member_id, created_at, updated_at
      from given
    )
    insert into ${sql(schema)}.outbox_pending (event_id, destination)
    select event_id, destination from given cross join string_to_table(destinations, ' ') as destination
    order by event_id`
}

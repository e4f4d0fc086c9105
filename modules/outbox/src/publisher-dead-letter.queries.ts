import { textArray } from '@dailyfeed/postgres-support/array-literal'
import type { Fragment, Sql } from 'postgres'
import { eventText } from './event-text.ts'

export interface PublisherDeadLetterRow {
  id: number
  event_id: string
  /** The event as an `eventText`. */
  text: string
  destination: string
  status: 'PENDING' | 'DEAD' | 'ARCHIVED'
  attempts: number
  last_attempt_at: Date | null
  last_error: string | null
  replay_count: number
}

export async function findPublisherDeadLetter(
  sql: Sql,
  schema: string,
  id: number,
): Promise<PublisherDeadLetterRow | undefined> {
  const [row] = await sql<PublisherDeadLetterRow[]>`
    select p.id, p.event_id, p.destination, p.status, p.attempts, p.last_attempt_at, p.last_error,
           p.replay_count, ${eventText(sql)} as text
    from ${sql(schema)}.outbox_pending p join ${sql(schema)}.outbox using (event_id)
    where p.id = ${id}`
  return row
}

export interface PublisherDeadLetterGroupRow {
  destination: string
  status: 'PENDING' | 'DEAD'
  last_error: string
  count: number
  first_event_id: string
  last_event_id: string
  latest_id: number
}

/**
 * Refused events, grouped by destination and error text; and all events that are pending for a destination whose oldest
 * event has failed before, since the events behind it wait for the same cause.
 */
export const findPublisherDeadLetterGroups = (
  sql: Sql,
  schema: string,
): Promise<PublisherDeadLetterGroupRow[]> =>
  sql<PublisherDeadLetterGroupRow[]>`
    select destination, 'DEAD' as status, coalesce(last_error, '') as last_error,
           count(*)::int as count, min(event_id::text)::uuid as first_event_id,
           max(event_id::text)::uuid as last_event_id, max(id) as latest_id
    from ${sql(schema)}.outbox_pending where status = 'DEAD' group by destination, last_error
    union all
    select waiting.destination, 'PENDING', head.last_error, waiting.count, waiting.first_event_id,
           waiting.last_event_id, waiting.latest_id
    from (
      select destination, count(*)::int as count, min(id) as head_id,
             min(event_id::text)::uuid as first_event_id,
             max(event_id::text)::uuid as last_event_id, max(id) as latest_id
      from ${sql(schema)}.outbox_pending where status = 'PENDING' group by destination
    ) waiting
    join ${sql(schema)}.outbox_pending head
      on head.id = waiting.head_id and head.attempts > 0
    order by latest_id desc`

/** The events that one destination refused for one cause, by every wording of the error. */
export interface RefusedCause {
  destination: string
  errors: readonly string[]
}

const refusedFor = (sql: Sql, { destination, errors }: RefusedCause) =>
  sql`
    status = 'DEAD' and destination = ${destination}
    and coalesce(last_error, '') = any (${textArray(errors)}::text::text[])`

/**
 * Not tried since the run began, so that an event that is refused again at once is not sent again
 * for ever.
 */
const untried = (sql: Sql, since: string) =>
  sql`(last_attempt_at is null or last_attempt_at < ${since}::text::timestamptz)`

/**
 * Makes the oldest events of a cause that this run has not tried pending again; they keep their
 * ids. Returns their number.
 */
export async function deliverAgainOf(
  sql: Sql,
  schema: string,
  cause: RefusedCause,
  since: string,
  limit: number,
): Promise<number> {
  return deliverAgain(
    sql,
    schema,
    sql`id in (
      select id from ${sql(schema)}.outbox_pending
      where ${refusedFor(sql, cause)} and ${untried(sql, since)}
      order by id limit ${limit} for update skip locked)`,
  )
}

export async function countUntriedOf(
  sql: Sql,
  schema: string,
  cause: RefusedCause,
  since: string,
): Promise<number> {
  const [row] = await sql<[{ count: number }]>`
    select count(*)::int as count from ${sql(schema)}.outbox_pending
    where ${refusedFor(sql, cause)} and ${untried(sql, since)}`
  return row.count
}

export async function deliverAgainOne(sql: Sql, schema: string, id: number): Promise<number> {
  return deliverAgain(sql, schema, sql`id = ${id}`)
}

/**
 * Makes at most `limit` refused events pending again whose next attempt is due: 1, 2, 4, … minutes after the last one,
 * up to `maxAttempts`. Returns their number.
 */
export async function deliverAgainDue(
  sql: Sql,
  schema: string,
  isKafka: boolean,
  maxAttempts: number,
  limit: number,
): Promise<number> {
  return deliverAgain(
    sql,
    schema,
    sql`id in (
      select id from ${sql(schema)}.outbox_pending
      where status = 'DEAD' and (destination = 'kafka') = ${isKafka} and attempts < ${maxAttempts}
        and last_attempt_at < now() - interval '1 minute' * power(2, attempts - 1)
      order by id limit ${limit} for update skip locked)`,
  )
}

/**
 * A record that is sent so late can be lost by a broker like any other, so that eventReconcileJob restarts at the oldest of
 * these events, wherever it has arrived.
 */
async function deliverAgain(sql: Sql, schema: string, which: Fragment): Promise<number> {
  const [row] = await sql<[{ count: number }]>`
    with again as (
      update ${sql(schema)}.outbox_pending set status = 'PENDING', replay_count = replay_count + 1
      where status = 'DEAD' and ${which} returning event_id
    ), back as (
      update ${sql(schema)}.outbox_reconciled set event_id = oldest.event_id
      from (select min(event_id::text)::uuid as event_id from again) oldest
      where oldest.event_id is not null and outbox_reconciled.event_id >= oldest.event_id
    )
    select count(*)::int as count from again`
  return row.count
}

/**
 * Archives events of a cause that were refused permanently, not those still to be delivered.
 * Returns their number.
 */
export async function archivePublisherDeadLettersOf(
  sql: Sql,
  schema: string,
  cause: RefusedCause,
  limit: number,
): Promise<number> {
  const { count } = await sql`
    update ${sql(schema)}.outbox_pending set status = 'ARCHIVED' where id in (
      select id from ${sql(schema)}.outbox_pending where ${refusedFor(sql, cause)}
      order by id limit ${limit} for update skip locked)`
  return count
}

export async function countRefusedFor(
  sql: Sql,
  schema: string,
  cause: RefusedCause,
): Promise<number> {
  const [row] = await sql<[{ count: number }]>`
    select count(*)::int as count from ${sql(schema)}.outbox_pending where ${refusedFor(sql, cause)}`
  return row.count
}

export async function archivePublisherDeadLetter(
  sql: Sql,
  schema: string,
  id: number,
): Promise<void> {
  await sql`
    update ${sql(schema)}.outbox_pending set status = 'ARCHIVED' where id = ${id} and status = 'DEAD'`
}

export interface OutboxDepthRow {
  destination: string
  pending: number
  dead: number
  /** Seconds since the oldest pending event was written; 0 without one. */
  oldest_seconds: number
}

/** The time at which an event was written is part of its UUIDv7. */
export const findOutboxDepth = (sql: Sql, schema: string): Promise<OutboxDepthRow[]> =>
  sql<OutboxDepthRow[]>`
    select destination, count(*) filter (where status = 'PENDING')::int as pending,
           count(*) filter (where status = 'DEAD')::int as dead,
           coalesce(extract(epoch from now() - uuid_extract_timestamp(
             min(event_id::text) filter (where status = 'PENDING')::uuid)), 0)::float8 as oldest_seconds
    from ${sql(schema)}.outbox_pending group by destination`

/**
 * Redirects events that are pending for Kafka, the oldest first, to each subscriber over HTTP. An event that is just being
 * sent goes both ways, which is harmless. `subscriptions` pairs types with subscribers. Returns the number of events.
 */
export async function handOver(
  sql: Sql,
  schema: string,
  subscriptions: readonly (readonly [type: string, subscriber: string])[],
  olderThanSeconds: number,
  limit: number,
): Promise<number> {
  const [row] = await sql<[{ count: number }]>`
    with moved as (
      delete from ${sql(schema)}.outbox_pending where id in (
        select id from ${sql(schema)}.outbox_pending
        where destination = 'kafka' and status = 'PENDING'
          and uuid_extract_timestamp(event_id) <= now() - ${olderThanSeconds} * interval '1 second'
        order by id limit ${limit} for update skip locked)
      returning id, event_id
    ), handed as (
      insert into ${sql(schema)}.outbox_pending (event_id, destination)
      select moved.event_id, subscription.subscriber
      from moved join ${sql(schema)}.outbox using (event_id)
      join unnest(
        ${subscriptions.map(([type]) => type)}::text[],
        ${subscriptions.map(([, subscriber]) => subscriber)}::text[]
      ) as subscription(type, subscriber)
        on subscription.type = outbox.activity_type
      order by moved.id
    )
    select count(*)::int as count from moved`
  return row.count
}

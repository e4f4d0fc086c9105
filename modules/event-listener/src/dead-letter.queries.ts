import type { TopicRecord } from '@dailyfeed/kafka-support/topic-record'
import { textArray } from '@dailyfeed/postgres-support/array-literal'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'

export interface NewDeadLetter {
  step: string
  eventId: string | undefined
  source: string
  payload: Buffer
  /** The record that it was read from, when it came from Kafka. */
  record: TopicRecord | undefined
  errorClass: string
  message: string
  stack: string | undefined
  fingerprint: string
}

/**
 * An event that is redelivered and fails again updates its open dead letter. Returns whether this
 * one is new.
 */
export async function insertDeadLetter(
  sql: Queryable,
  schema: string,
  letter: NewDeadLetter,
): Promise<boolean> {
  const { step, eventId, source, payload, record, stack } = letter
  const offset = record === undefined ? null : String(record.offset)
  const [row] = await sql<{ is_new: boolean }[]>`
    insert into ${sql(schema)}.dead_letter (
      step, event_id, source, payload, record_key, headers, topic, partition, record_offset,
      error_class, error_message, error_stack, fingerprint)
    select ${step}, ${eventId ?? null}::uuid, ${source}, ${payload}, ${record?.key ?? null}::bytea,
      ${headersOf(record)}::text::jsonb, ${record?.topic ?? null}::text,
      ${record?.partition ?? null}::integer, ${offset}::text::bigint, ${letter.errorClass},
      ${storable(letter.message)}, ${stack === undefined ? null : storable(stack)}, ${letter.fingerprint}
    where ${eventId !== undefined} or not exists (
      select from ${sql(schema)}.dead_letter
      where step = ${step} and event_id is null and status = 'OPEN'
        and payload = ${payload} and source = ${source})
    on conflict (step, event_id) where status = 'OPEN' do update set
      error_class = excluded.error_class, error_message = excluded.error_message,
      error_stack = excluded.error_stack, fingerprint = excluded.fingerprint
    returning xmax = 0 as is_new`
  return row?.is_new ?? false
}

/** Characters of a message, a stack or a header that a dead letter keeps. */
const MAX_TEXT = 10_000

/** PostgreSQL stores no NUL and no lone surrogate, and an error message may quote either. */
const storable = (text: string) =>
  text.slice(0, MAX_TEXT).replaceAll('\0', '\u{fffd}').toWellFormed()

const headersOf = (record: TopicRecord | undefined): string | null =>
  record === undefined || record.headers.length === 0
    ? null
    : JSON.stringify(
        Object.fromEntries(record.headers.map(([key, value]) => [storable(key), storable(value)])),
      )

/** Those of the ids that are dead letters of the step, in any status: such events are not lost. */
export async function findDeadLettered(
  sql: Queryable,
  schema: string,
  step: string,
  eventIds: readonly string[],
): Promise<Set<string>> {
  const rows = await sql<{ event_id: string }[]>`
    select distinct event_id from ${sql(schema)}.dead_letter
    where step = ${step} and event_id = any (${textArray(eventIds)}::text::uuid[])`
  return new Set(rows.map(({ event_id }) => event_id))
}

export async function markReplayed(sql: Queryable, schema: string, id: number): Promise<void> {
  await sql`
    update ${sql(schema)}.dead_letter
    set status = 'REPLAYED', replay_count = replay_count + 1, claimed_until = null
    where id = ${id} and status = 'OPEN'`
}

/** Records a failed attempt; each delay until the next one is twice the last: 1, 2, 4, … minutes. */
export async function postponeDeadLetter(
  sql: Queryable,
  schema: string,
  id: number,
  error: string,
): Promise<void> {
  await sql`
    update ${sql(schema)}.dead_letter
    set attempts = attempts + 1, replay_count = replay_count + 1, error_message = ${storable(error)},
      next_attempt_at = now() + interval '1 minute' * power(2, attempts), claimed_until = null
    where id = ${id} and status = 'OPEN'`
}

export interface DeadLetterRow {
  id: number
  step: string
  event_id: string | null
  source: string
  payload: Buffer
  record_key: Buffer | null
  headers: Record<string, string> | null
  topic: string | null
  partition: number | null
  record_offset: number | null
  error_class: string
  error_message: string
  error_stack: string | null
  fingerprint: string
  status: 'OPEN' | 'REPLAYED' | 'ARCHIVED'
  attempts: number
  replay_count: number
  next_attempt_at: Date
  created_at: Date
}

export async function findDeadLetter(
  sql: Queryable,
  schema: string,
  id: number,
): Promise<DeadLetterRow | undefined> {
  const [row] = await sql<
    DeadLetterRow[]
  >`select * from ${sql(schema)}.dead_letter where id = ${id}`
  return row
}

export interface DeadLetterGroupRow {
  fingerprint: string
  step: string
  error_class: string
  message: string
  count: number
  first_at: Date
  last_at: Date
  latest_id: number
}

/** Open dead letters, grouped by cause; the message is that of the latest one. */
export const findDeadLetterGroups = (
  sql: Queryable,
  schema: string,
  limit: number,
): Promise<DeadLetterGroupRow[]> =>
  sql<DeadLetterGroupRow[]>`
    select fingerprint, min(step) as step, min(error_class) as error_class,
      (array_agg(error_message order by id desc))[1] as message, count(*) as count,
      min(created_at) as first_at, max(created_at) as last_at, max(id) as latest_id
    from ${sql(schema)}.dead_letter where status = 'OPEN'
    group by fingerprint order by last_at desc, fingerprint limit ${limit}`

/** A replayed dead letter stays replayed. */
export async function archiveDeadLetter(sql: Queryable, schema: string, id: number): Promise<void> {
  await sql`
    update ${sql(schema)}.dead_letter set status = 'ARCHIVED' where id = ${id} and status = 'OPEN'`
}

/** Archives the oldest open dead letters of a cause, and returns their number. */
export async function archiveDeadLettersOf(
  sql: Queryable,
  schema: string,
  fingerprint: string,
  limit: number,
): Promise<number> {
  const { count } = await sql`
    update ${sql(schema)}.dead_letter set status = 'ARCHIVED' where id in (
      select id from ${sql(schema)}.dead_letter
      where fingerprint = ${fingerprint} and status = 'OPEN'
      order by id limit ${limit} for update skip locked)`
  return count
}

export async function countOpenDeadLetters(
  sql: Queryable,
  schema: string,
  fingerprint: string,
): Promise<number> {
  const [row] = await sql<[{ count: number }]>`
    select count(*)::int as count from ${sql(schema)}.dead_letter
    where fingerprint = ${fingerprint} and status = 'OPEN'`
  return row.count
}

export async function countDeadLetters(
  sql: Queryable,
  schema: string,
): Promise<{ OPEN: number; ARCHIVED: number }> {
  const [row] = await sql<[{ open: number; archived: number }]>`
    select
      (select count(*)::int from ${sql(schema)}.dead_letter where status = 'OPEN') as open,
      (select count(*)::int from ${sql(schema)}.dead_letter where status = 'ARCHIVED') as archived`
  return { OPEN: row.open, ARCHIVED: row.archived }
}

import type { TopicRecord } from '@dailyfeed/kafka-support/topic-record'
import type { Sql } from 'postgres'

export interface NewDeadLetter {
  step: string
  eventId: string | undefined
  source: string
  payload: Buffer
  /** Where it came from Kafka. */
  record: TopicRecord | undefined
  errorClass: string
  message: string
  stack: string | undefined
  fingerprint: string
}

/** What is delivered again and fails again is the same dead letter. Returns whether it is a new one. */
export async function insertDeadLetter(
  sql: Sql,
  schema: string,
  letter: NewDeadLetter,
): Promise<boolean> {
  const [row] = await sql<{ is_new: boolean }[]>`
    insert into ${sql(schema)}.dead_letter (step, event_id, source, payload, record_key, headers, topic, partition, record_offset, error_class, error_message, error_stack, fingerprint)
    select ${letter.step}, ${letter.eventId ?? null}::uuid, ${letter.source}, ${letter.payload}, ${letter.record?.key ?? null}::bytea, ${headersOf(letter.record)}::text::jsonb,
           ${letter.record?.topic ?? null}::text, ${letter.record?.partition ?? null}::integer, ${letter.record === undefined ? null : String(letter.record.offset)}::text::bigint, ${letter.errorClass}, ${keepable(letter.message)},
           ${letter.stack === undefined ? null : keepable(letter.stack)}, ${letter.fingerprint}
    where ${letter.eventId !== undefined} or not exists (
      select from ${sql(schema)}.dead_letter where step = ${letter.step} and event_id is null and status = 'OPEN' and payload = ${letter.payload} and source = ${letter.source})
    on conflict (step, event_id) where status = 'OPEN' do update set
      error_class = excluded.error_class, error_message = excluded.error_message, error_stack = excluded.error_stack, fingerprint = excluded.fingerprint
    returning xmax = 0 as is_new`
  return row?.is_new ?? false
}

/** PostgreSQL keeps no NUL, and a message may quote what could not be kept. */
const keepable = (text: string) => text.replaceAll('\0', '\u{fffd}').toWellFormed()

const headersOf = (record: TopicRecord | undefined): string | null =>
  record === undefined || record.headers.length === 0
    ? null
    : JSON.stringify(
        Object.fromEntries(record.headers.map(([key, value]) => [keepable(key), keepable(value)])),
      )

/** Ids that the step keeps, in whatever state: they are not lost. */
export async function findDeadLettered(
  sql: Sql,
  schema: string,
  step: string,
  eventIds: readonly string[],
): Promise<Set<string>> {
  const rows = await sql<{ event_id: string }[]>`
    select distinct event_id from ${sql(schema)}.dead_letter where step = ${step} and event_id = any (${eventIds as string[]}::uuid[])`
  return new Set(rows.map(({ event_id }) => event_id))
}

export async function markReplayed(sql: Sql, schema: string, id: number): Promise<void> {
  await sql`update ${sql(schema)}.dead_letter set status = 'REPLAYED', replay_count = replay_count + 1, claimed_until = null where id = ${id} and status = 'OPEN'`
}

/** The next attempt waits twice as long as the last: 1, 2, 4, … minutes. */
export async function postponeDeadLetter(
  sql: Sql,
  schema: string,
  id: number,
  error: string,
): Promise<void> {
  await sql`
    update ${sql(schema)}.dead_letter set attempts = attempts + 1, replay_count = replay_count + 1, error_message = ${keepable(error)},
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
  sql: Sql,
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

/** Open dead letters of one cause; the message is the latest one's. */
export const findDeadLetterGroups = (
  sql: Sql,
  schema: string,
  limit: number,
): Promise<DeadLetterGroupRow[]> =>
  sql<DeadLetterGroupRow[]>`
    select fingerprint, min(step) as step, min(error_class) as error_class, (array_agg(error_message order by id desc))[1] as message,
      count(*) as count, min(created_at) as first_at, max(created_at) as last_at, max(id) as latest_id
    from ${sql(schema)}.dead_letter where status = 'OPEN'
    group by fingerprint order by last_at desc, fingerprint limit ${limit}`

/** What was replayed stays so. */
export async function archiveDeadLetter(sql: Sql, schema: string, id: number): Promise<void> {
  await sql`update ${sql(schema)}.dead_letter set status = 'ARCHIVED' where id = ${id} and status = 'OPEN'`
}

/** The oldest of a cause. Returns how many. */
export async function archiveDeadLettersOf(
  sql: Sql,
  schema: string,
  fingerprint: string,
  limit: number,
): Promise<number> {
  const { count } = await sql`
    update ${sql(schema)}.dead_letter set status = 'ARCHIVED' where id in (
      select id from ${sql(schema)}.dead_letter where fingerprint = ${fingerprint} and status = 'OPEN' order by id limit ${limit} for update skip locked)`
  return count
}

export async function countOpenDeadLetters(
  sql: Sql,
  schema: string,
  fingerprint: string,
): Promise<number> {
  const [row] = await sql<[{ count: number }]>`
    select count(*)::int as count from ${sql(schema)}.dead_letter where fingerprint = ${fingerprint} and status = 'OPEN'`
  return row.count
}

export async function countDeadLetters(
  sql: Sql,
  schema: string,
): Promise<{ OPEN: number; ARCHIVED: number }> {
  const [row] = await sql<[{ open: number; archived: number }]>`
    select (select count(*)::int from ${sql(schema)}.dead_letter where status = 'OPEN') as open,
           (select count(*)::int from ${sql(schema)}.dead_letter where status = 'ARCHIVED') as archived`
  return { OPEN: row.open, ARCHIVED: row.archived }
}

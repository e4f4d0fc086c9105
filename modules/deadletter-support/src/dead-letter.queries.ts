import type { Sql } from 'postgres'

export interface NewDeadLetter {
  step: string
  eventId: string | undefined
  source: string
  payload: Buffer
  errorClass: string
  message: string
  stack: string | undefined
  fingerprint: string
}

/** What is delivered again and fails again is the same dead letter. Returns whether it is a new one. */
export async function insertDeadLetter(sql: Sql, schema: string, letter: NewDeadLetter): Promise<boolean> {
  const [row] = await sql<{ is_new: boolean }[]>`
    insert into ${sql(schema)}.dead_letter (step, event_id, source, payload, error_class, error_message, error_stack, fingerprint)
    select ${letter.step}, ${letter.eventId ?? null}::uuid, ${letter.source}, ${letter.payload}, ${letter.errorClass}, ${keepable(letter.message)},
           ${letter.stack === undefined ? null : keepable(letter.stack)}, ${letter.fingerprint}
    where ${letter.eventId !== undefined} or not exists (
      select from ${sql(schema)}.dead_letter where step = ${letter.step} and event_id is null and status = 'OPEN' and payload = ${letter.payload})
    on conflict (step, event_id) where status = 'OPEN' do update set
      error_class = excluded.error_class, error_message = excluded.error_message, error_stack = excluded.error_stack, fingerprint = excluded.fingerprint
    returning xmax = 0 as is_new`
  return row?.is_new ?? false
}

/** PostgreSQL keeps no NUL, and a message may quote what could not be kept. */
const keepable = (text: string) => text.replaceAll('\0', '\u{fffd}').toWellFormed()

export interface DueDeadLetterRow {
  id: number
  step: string
  payload: Buffer
}

export const findDueDeadLetters = (sql: Sql, schema: string, maxAttempts: number, limit: number): Promise<DueDeadLetterRow[]> =>
  sql<DueDeadLetterRow[]>`
    select id, step, payload from ${sql(schema)}.dead_letter
    where status = 'OPEN' and next_attempt_at <= now() and attempts < ${maxAttempts}
    order by id limit ${limit}`

export async function markReplayed(sql: Sql, schema: string, id: number): Promise<void> {
  await sql`update ${sql(schema)}.dead_letter set status = 'REPLAYED', replay_count = replay_count + 1 where id = ${id} and status = 'OPEN'`
}

/** The next attempt waits twice as long as the last: 1, 2, 4, … minutes. */
export async function postponeDeadLetter(sql: Sql, schema: string, id: number, error: string): Promise<void> {
  await sql`
    update ${sql(schema)}.dead_letter set attempts = attempts + 1, replay_count = replay_count + 1, error_message = ${keepable(error)},
      next_attempt_at = now() + interval '1 minute' * power(2, attempts)
    where id = ${id} and status = 'OPEN'`
}

export interface DeadLetterRow {
  id: number
  step: string
  event_id: string | null
  source: string
  payload: Buffer
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

export async function findDeadLetter(sql: Sql, schema: string, id: number): Promise<DeadLetterRow | undefined> {
  const [row] = await sql<DeadLetterRow[]>`select * from ${sql(schema)}.dead_letter where id = ${id}`
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
export const findDeadLetterGroups = (sql: Sql, schema: string, limit: number): Promise<DeadLetterGroupRow[]> =>
  sql<DeadLetterGroupRow[]>`
    select fingerprint, min(step) as step, min(error_class) as error_class, (array_agg(error_message order by id desc))[1] as message,
      count(*) as count, min(created_at) as first_at, max(created_at) as last_at, max(id) as latest_id
    from ${sql(schema)}.dead_letter where status = 'OPEN'
    group by fingerprint order by last_at desc, fingerprint limit ${limit}`

/** Those tried longest ago first, so that a large group is walked through by asking again. */
export const findOpenDeadLettersOf = (sql: Sql, schema: string, fingerprint: string, limit: number): Promise<DueDeadLetterRow[]> =>
  sql<DueDeadLetterRow[]>`
    select id, step, payload from ${sql(schema)}.dead_letter
    where status = 'OPEN' and fingerprint = ${fingerprint}
    order by next_attempt_at, id limit ${limit}`

/** What was replayed stays so. */
export async function archiveDeadLetter(sql: Sql, schema: string, id: number): Promise<void> {
  await sql`update ${sql(schema)}.dead_letter set status = 'ARCHIVED' where id = ${id} and status = 'OPEN'`
}

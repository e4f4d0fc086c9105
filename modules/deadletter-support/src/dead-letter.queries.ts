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

export async function insertDeadLetter(sql: Sql, schema: string, letter: NewDeadLetter): Promise<void> {
  await sql`
    insert into ${sql(schema)}.dead_letter (step, event_id, source, payload, error_class, error_message, error_stack, fingerprint)
    values (${letter.step}, ${letter.eventId ?? null}, ${letter.source}, ${letter.payload}, ${letter.errorClass}, ${letter.message}, ${letter.stack ?? null}, ${letter.fingerprint})
    on conflict (step, event_id) where status = 'OPEN' do update set
      error_class = excluded.error_class, error_message = excluded.error_message, error_stack = excluded.error_stack, fingerprint = excluded.fingerprint`
}

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
    update ${sql(schema)}.dead_letter set attempts = attempts + 1, replay_count = replay_count + 1, error_message = ${error},
      next_attempt_at = now() + interval '1 minute' * power(2, attempts)
    where id = ${id} and status = 'OPEN'`
}

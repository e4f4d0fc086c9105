import type { Sql } from 'postgres'
import type { OutgoingEvent } from './delivery.ts'
import { eventText, toOutgoingEvent } from './event-text.ts'

/**
 * An event on its way to one destination. Its text is read when it is sent: thousands wait, and what was made of each
 * would outlive the collections of young memory.
 */
export class PendingEvent {
  /** Of its pending row. */
  readonly id: number
  readonly #text: string

  constructor(line: string) {
    const tab = line.indexOf('\t')
    this.id = Number(line.slice(0, tab))
    this.#text = line.slice(tab + 1)
  }

  read(): OutgoingEvent {
    return toOutgoingEvent(this.#text)
  }
}

/**
 * The oldest behind an id that are still to be delivered, in the order of their ids. Ids are given at the insert and seen at
 * the commit: a lower one may come later, so that whoever goes on from an id has to begin anew now and then. One text for
 * all rows, a line each, which costs a tenth of as many rows.
 */
export async function findPending(
  sql: Sql,
  schema: string,
  destination: string,
  afterId: number,
  limit: number,
): Promise<PendingEvent[]> {
  const [row] = await sql<[{ lines: string | null }]>`
    select string_agg(line, E'\\n') as lines from (
      select ${eventText(sql, sql`pending.id,`)} as line
      from ${sql(schema)}.outbox_pending pending join ${sql(schema)}.outbox using (event_id)
      where pending.destination = ${destination} and pending.status = 'PENDING' and pending.id > ${afterId}
      order by pending.id
      limit ${limit}
    ) waiting`
  return row.lines === null ? [] : row.lines.split('\n').map((line) => new PendingEvent(line))
}

/**
 * What was delivered, and no more: one of them that is DEAD by now stays. The disk is not waited for: rows that a crash
 * brings back are delivered twice, which is harmless.
 */
export async function deletePending(
  sql: Sql,
  schema: string,
  ids: readonly number[],
): Promise<void> {
  await sql`
    with unwaited as (select set_config('synchronous_commit', 'off', true))
    delete from ${sql(schema)}.outbox_pending where id = any (${`{${ids.join(',')}}`}::text::bigint[]) and status = 'PENDING' and exists (select from unwaited)`
}

export async function recordAttempt(
  sql: Sql,
  schema: string,
  ids: readonly number[],
  error: string,
): Promise<void> {
  await sql`
    update ${sql(schema)}.outbox_pending set attempts = attempts + 1, last_attempt_at = now(), last_error = ${error.slice(0, 500)}
    where id = any (${ids as number[]}::bigint[]) and status = 'PENDING'`
}

export async function markDead(sql: Sql, schema: string, id: number, error: string): Promise<void> {
  await sql`
    update ${sql(schema)}.outbox_pending set status = 'DEAD', attempts = attempts + 1, last_attempt_at = now(), last_error = ${error.slice(0, 500)}
    where id = ${id}`
}

/** Makes the partitions of the next days, and drops those of which nothing is needed any more. */
export async function rotateOutboxPartitions(
  sql: Sql,
  schema: string,
  daysKept: number,
): Promise<void> {
  await sql`select event_support.open_days(${schema}, 'outbox', 3), event_support.drop_days(${schema}, 'outbox', ${daysKept})`
}

/**
 * The database's clock (milliseconds since 1970) where this holder has the lease now, for `seconds`: taken, renewed, or
 * inherited from one that let it expire. Undefined where another has it.
 */
export async function takeLease(
  sql: Sql,
  schema: string,
  holder: string,
  seconds: number,
): Promise<number | undefined> {
  const [row] = await sql<{ now: number }[]>`
    insert into ${sql(schema)}.outbox_lease as lease (shard, holder, expires_at) values (0, ${holder}, now() + ${seconds} * interval '1 second')
    on conflict (shard) do update set holder = excluded.holder, expires_at = excluded.expires_at
    where lease.holder = excluded.holder or lease.expires_at < now()
    returning (extract(epoch from now()) * 1000)::float8 as now`
  return row?.now
}

export async function releaseLease(sql: Sql, schema: string, holder: string): Promise<void> {
  await sql`delete from ${sql(schema)}.outbox_lease where holder = ${holder}`
}

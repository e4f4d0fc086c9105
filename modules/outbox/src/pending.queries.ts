import { anyOf } from '@dailyfeed/postgres-support/queryable'
import type { Sql } from 'postgres'
import type { OutgoingEvent } from './destination.ts'
import { eventText, toOutgoingEvent } from './event-text.ts'

/**
 * An event that waits for one destination. It keeps the row's text and parses it only when it is sent: thousands of them
 * wait, and objects made of each would outlive the collections of the young generation.
 */
export class PendingEvent {
  /** The id of its pending row. */
  readonly id: number
  readonly #text: string

  constructor(line: string) {
    const tab = line.indexOf('\t')
    this.id = Number(line.slice(0, tab))
    this.#text = line.slice(tab + 1)
  }

  /** Characters of the row's text. */
  get size(): number {
    return this.#text.length
  }

  read(): OutgoingEvent {
    return toOutgoingEvent(this.#text)
  }
}

/** Which pending events are read: those of one destination, after an id, and at most so many and so many bytes. */
export interface PendingQuery {
  destination: string
  afterId: number
  items: number
  /** The first event is read whatever its size. */
  bytes: number
}

/**
 * The oldest pending events after an id, by ascending id. Ids are assigned at the insert and become visible at the commit,
 * so that a lower id may appear later: a caller that continues from an id must restart at 0 now and then. The rows come as
 * one text with a line each, which costs a tenth of as many rows.
 */
export async function findPending(
  sql: Sql,
  schema: string,
  { destination, afterId, items, bytes }: PendingQuery,
): Promise<PendingEvent[]> {
  const [row] = await sql<[{ lines: string | null }]>`
    select string_agg(line, E'\\n') as lines from (
      select line, sum(octet_length(line)) over (rows unbounded preceding) - octet_length(line) as bytes_before
      from (
        select ${eventText(sql, sql`pending.id,`)} as line
        from ${sql(schema)}.outbox_pending pending join ${sql(schema)}.outbox using (event_id)
        where pending.destination = ${destination} and pending.status = 'PENDING'
          and pending.id > ${afterId}
        order by pending.id
        limit ${items}
      ) waiting
    ) measured
    where bytes_before < ${bytes}`
  return row.lines === null ? [] : row.lines.split('\n').map((line) => new PendingEvent(line))
}

/**
 * Deletes rows that were delivered, except those that became DEAD meanwhile. The commit does not wait for the disk: rows
 * that a crash brings back are delivered twice, which is harmless.
 */
export async function deletePending(
  sql: Sql,
  schema: string,
  ids: readonly number[],
): Promise<void> {
  await sql`
    with unwaited as (select set_config('synchronous_commit', 'off', true))
    delete from ${sql(schema)}.outbox_pending
    where id = any (${`{${ids.join(',')}}`}::text::bigint[]) and status = 'PENDING' and exists (select from unwaited)`
}

export async function recordAttempt(
  sql: Sql,
  schema: string,
  ids: readonly number[],
  error: string,
): Promise<void> {
  await sql`
    update ${sql(schema)}.outbox_pending
    set attempts = attempts + 1, last_attempt_at = now(), last_error = ${error.slice(0, 500)}
    where id = any (${anyOf(ids)}::bigint[]) and status = 'PENDING'`
}

export async function markDead(sql: Sql, schema: string, id: number, error: string): Promise<void> {
  await sql`
    update ${sql(schema)}.outbox_pending
    set status = 'DEAD', attempts = attempts + 1, last_attempt_at = now(), last_error = ${error.slice(0, 500)}
    where id = ${id}`
}

/** Creates the partitions of the next days and drops old ones that have nothing left to deliver. */
export async function rotateOutboxPartitions(
  sql: Sql,
  schema: string,
  daysKept: number,
): Promise<void> {
  await sql`
    select event_support.open_days(${schema}, 'outbox', 3),
           event_support.drop_days(${schema}, 'outbox', ${daysKept})`
}

import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import { textArray } from '@dailyfeed/postgres-support/array-literal'
import type { Sql } from 'postgres'

/** Those that the step has not taken up, marked as taken up by this transaction. An id that stands twice is taken once. */
export async function claimNewEvents(
  transaction: Sql,
  schema: string,
  step: string,
  events: MemberActivityEvent[],
): Promise<MemberActivityEvent[]> {
  const [row] = await transaction<[{ taken: string | null }]>`
    with fresh as (
      insert into ${transaction(schema)}.inbox (step, event_id)
      select ${step}, event_id from unnest(${textArray(events.map(({ eventId }) => eventId))}::text::uuid[]) as event_id order by event_id
      on conflict do nothing
      returning event_id
    )
    select string_agg(event_id::text, ',') as taken from fresh`
  const taken = new Set(row.taken?.split(','))
  return events.filter(({ eventId }) => taken.delete(eventId))
}

export async function findInInbox(
  sql: Sql,
  schema: string,
  step: string,
  eventIds: readonly string[],
): Promise<Set<string>> {
  const rows = await sql<{ event_id: string }[]>`
    select event_id from ${sql(schema)}.inbox where event_id = any (${eventIds as string[]}::uuid[]) and step = ${step}`
  return new Set(rows.map(({ event_id }) => event_id))
}

/** Makes the partitions of the next days, and drops those whose events cannot be delivered any more. */
export async function rotateInboxPartitions(
  sql: Sql,
  schema: string,
  daysKept: number,
): Promise<void> {
  await sql`select event_support.open_days(${schema}, 'inbox', 3), event_support.drop_days(${schema}, 'inbox', ${daysKept})`
}

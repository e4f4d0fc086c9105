import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import { textArray } from '@dailyfeed/postgres-support/array-literal'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'

/** Claims unprocessed events in this transaction and returns them; duplicates in the batch count once. */
export async function claimNewEvents(
  transaction: Queryable,
  schema: string,
  handler: string,
  events: MemberActivityEvent[],
): Promise<MemberActivityEvent[]> {
  const [row] = await transaction<[{ taken: string | null }]>`
    with fresh as (
      insert into ${transaction(schema)}.inbox (step, event_id)
      select ${handler}, event_id
      from unnest(${textArray(events.map(({ eventId }) => eventId))}::text::uuid[]) as event_id
      order by event_id
      on conflict do nothing
      returning event_id
    )
    select string_agg(event_id::text, ',') as taken from fresh`
  const taken = new Set(row.taken?.split(','))
  return events.filter(({ eventId }) => taken.delete(eventId))
}

/** Those of the ids that the handler has applied. */
export async function findInInbox(
  sql: Queryable,
  schema: string,
  handler: string,
  eventIds: readonly string[],
): Promise<Set<string>> {
  const rows = await sql<{ event_id: string }[]>`
    select event_id from ${sql(schema)}.inbox
    where event_id = any (${textArray(eventIds)}::text::uuid[]) and step = ${handler}`
  return new Set(rows.map(({ event_id }) => event_id))
}

/** Creates the partitions of the next days and drops those of events that cannot be delivered any more. */
export async function rotateInboxPartitions(
  sql: Queryable,
  schema: string,
  daysKept: number,
): Promise<void> {
  await sql`
    select event_support.open_days(${schema}, 'inbox', 3),
           event_support.drop_days(${schema}, 'inbox', ${daysKept})`
}

import { textArray } from '@dailyfeed/postgres-support/array-literal'
import type { Sql } from 'postgres'
import { eventText } from './event-text.ts'

/** Sorts before every UUIDv7. */
const FIRST = '00000000-0000-0000-0000-000000000000'

export async function findReconciled(
  sql: Sql,
  schema: string,
  subscriber: string,
): Promise<string> {
  const [row] = await sql<{ event_id: string }[]>`
    select event_id from ${sql(schema)}.outbox_reconciled where subscriber = ${subscriber}`
  return row?.event_id ?? FIRST
}

export async function saveReconciled(
  sql: Sql,
  schema: string,
  subscriber: string,
  eventId: string,
): Promise<void> {
  await sql`
    insert into ${sql(schema)}.outbox_reconciled (subscriber, event_id) values (${subscriber}, ${eventId})
    on conflict (subscriber) do update set event_id = excluded.event_id`
}

export interface SentRow {
  event_id: string
  text: string
}

export interface SentQuery {
  subscriber: string
  types: readonly string[]
  after: string
  olderThanSeconds: number
  limit: number
}

/**
 * Events of these types by ascending id: after `after`, older than `olderThanSeconds`, and below every event that is still
 * pending for Kafka or for this subscriber, since that one could be lost after it is sent. No transaction lasts as long as
 * `olderThanSeconds`, so that no lower id can appear later.
 */
export const findSent = (
  sql: Sql,
  schema: string,
  { subscriber, types, after, olderThanSeconds, limit }: SentQuery,
): Promise<SentRow[]> =>
  sql<SentRow[]>`
    select event_id, ${eventText(sql)} as text
    from ${sql(schema)}.outbox
    where event_id > ${after} and activity_type = any (${textArray(types)}::text::text[])
      and event_id < least(
        event_support.lowest_uuid(now() - ${olderThanSeconds} * interval '1 second')::text,
        (select min(event_id::text) from ${sql(schema)}.outbox_pending
         where status = 'PENDING' and destination in ('kafka', ${subscriber})))::uuid
    order by event_id limit ${limit}`

/** Makes the events pending for the subscriber again, unless they are already. */
export async function insertMissing(
  sql: Sql,
  schema: string,
  subscriber: string,
  eventIds: readonly string[],
): Promise<void> {
  await sql`
    insert into ${sql(schema)}.outbox_pending (event_id, destination)
    select event_id, ${subscriber} from unnest(${textArray(eventIds)}::text::uuid[]) as event_id
    where not exists (
      select from ${sql(schema)}.outbox_pending known
      where known.event_id = event_id.event_id and known.destination = ${subscriber})
    order by event_id`
}

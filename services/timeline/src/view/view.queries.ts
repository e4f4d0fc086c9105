import type { WrittenEvent } from '@dailyfeed/outbox/outbox'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'

/**
 * Message keys of those of these views that are in the outbox already, written within the last `sinceSeconds`. The time
 * within event ids keeps it a search of the newest rows.
 */
export async function findWritten(
  sql: Queryable,
  views: readonly WrittenEvent[],
  sinceSeconds: number,
): Promise<Set<string>> {
  const rows = await sql<{ message_key: string }[]>`
    select message_key
    from timeline.outbox
    where event_id >= event_support.lowest_uuid(now() - ${sinceSeconds} * interval '1 second')
      and (message_key, version) in (select * from unnest(
        ${views.map(({ messageKey }) => messageKey)}::text[], ${views.map(({ version }) => version)}::bigint[]))`
  return new Set(rows.map((row) => row.message_key))
}

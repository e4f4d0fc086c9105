import type { WrittenEvent } from '@dailyfeed/outbox/outbox'
import type { Sql } from 'postgres'

/**
 * Message keys of these looks that stand in the outbox already, written since so many seconds ago. By the times in event
 * ids: a range of the newest.
 */
export async function findWritten(
  sql: Sql,
  looks: readonly WrittenEvent[],
  sinceSeconds: number,
): Promise<Set<string>> {
  const rows = await sql<{ message_key: string }[]>`
    select message_key
    from timeline.outbox
    where event_id >= event_support.lowest_uuid(now() - ${sinceSeconds} * interval '1 second')
      and (message_key, version) in (select * from unnest(${looks.map((look) => look.messageKey)}::text[], ${looks.map((look) => look.version)}::bigint[]))`
  return new Set(rows.map((row) => row.message_key))
}

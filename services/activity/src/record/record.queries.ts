import type { JSONValue, Sql } from 'postgres'

export interface NewRecord {
  message_key: string
  type: string
  member_id: number
  post_id: number | null
  comment_id: number | null
  target_member_id: number | null
  version: number
  event_id: string
  occurred_at: string
  created_at: string
  updated_at: string
}

/**
 * Keeps of each key the highest version, of the batch and of what is there; a member's own report gives way to any event.
 * Sorted by key, so that two batches cannot deadlock. Returns how many rows changed.
 */
export async function upsertRecords(sql: Sql, records: NewRecord[]): Promise<number> {
  const { count } = await sql`
    insert into activity.record (message_key, type, member_id, post_id, comment_id, target_member_id, version, event_id, occurred_at, created_at, updated_at)
    select distinct on (message_key) message_key, type, member_id, post_id, comment_id, target_member_id, version, event_id, occurred_at, created_at, updated_at
    from jsonb_to_recordset(${sql.json(records as unknown as JSONValue)}) as fresh (
      message_key text, type text, member_id bigint, post_id bigint, comment_id bigint, target_member_id bigint, version bigint, event_id uuid,
      occurred_at timestamptz, created_at timestamptz, updated_at timestamptz)
    order by message_key, version desc
    on conflict (message_key) do update set
      version = excluded.version, event_id = excluded.event_id, occurred_at = excluded.occurred_at, created_at = excluded.created_at, updated_at = excluded.updated_at
    where excluded.version > record.version or record.event_id is null`
  return count
}

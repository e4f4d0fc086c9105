import type { ActivityType } from '@dailyfeed/code/member-activity-event'
import type { Sql } from 'postgres'

export interface PendingRow {
  id: number
  event_id: string
  activity_type: ActivityType
  message_key: string
  version: number
  member_id: number
  post_id: number | null
  comment_id: number | null
  target_member_id: number | null
  created_at: Date
  updated_at: Date
  occurred_at: Date
}

/** The oldest that are still to be delivered, in the order of their writing. */
export const findPending = (sql: Sql, schema: string, destination: string, limit: number): Promise<PendingRow[]> =>
  sql<PendingRow[]>`
    select p.id, o.event_id, o.activity_type, o.message_key, o.version, o.member_id, o.post_id, o.comment_id, o.target_member_id, o.created_at, o.updated_at, o.occurred_at
    from ${sql(schema)}.outbox_pending p join ${sql(schema)}.outbox o using (event_id)
    where p.destination = ${destination} and p.status = 'PENDING'
    order by p.id
    limit ${limit}`

export async function deletePending(sql: Sql, schema: string, ids: readonly number[]): Promise<void> {
  await sql`delete from ${sql(schema)}.outbox_pending where id = any (${ids as number[]}::bigint[])`
}

export async function recordAttempt(sql: Sql, schema: string, ids: readonly number[], error: string): Promise<void> {
  await sql`
    update ${sql(schema)}.outbox_pending set attempts = attempts + 1, last_attempt_at = now(), last_error = ${error.slice(0, 500)}
    where id = any (${ids as number[]}::bigint[])`
}

export async function markDead(sql: Sql, schema: string, id: number, error: string): Promise<void> {
  await sql`
    update ${sql(schema)}.outbox_pending set status = 'DEAD', attempts = attempts + 1, last_attempt_at = now(), last_error = ${error.slice(0, 500)}
    where id = ${id}`
}

export async function openOutboxDays(sql: Sql, schema: string): Promise<void> {
  await sql`select event_support.open_outbox_days(${schema}, 3)`
}

/** True when this holder has the lease now, for `seconds` from the database's clock: taken, renewed, or inherited from one that let it expire. */
export async function takeLease(sql: Sql, schema: string, holder: string, seconds: number): Promise<boolean> {
  const rows = await sql`
    insert into ${sql(schema)}.outbox_lease as lease (shard, holder, expires_at) values (0, ${holder}, now() + ${seconds} * interval '1 second')
    on conflict (shard) do update set holder = excluded.holder, expires_at = excluded.expires_at
    where lease.holder = excluded.holder or lease.expires_at < now()
    returning shard`
  return rows.length === 1
}

export async function releaseLease(sql: Sql, schema: string, holder: string): Promise<void> {
  await sql`delete from ${sql(schema)}.outbox_lease where holder = ${holder}`
}

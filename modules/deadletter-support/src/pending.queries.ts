import type { Sql } from 'postgres'
import type { OutboxRow } from './outbox.mapper.ts'

export interface PendingRow extends OutboxRow {
  id: number
}

/**
 * The oldest that are still to be delivered, in the order of their writing, without those in hand. Never from the last id
 * on: ids are given at the insert and seen at the commit, so that a lower one may come later.
 */
export const findPending = (sql: Sql, schema: string, destination: string, inHand: readonly number[], limit: number): Promise<PendingRow[]> =>
  sql<PendingRow[]>`
    select p.id, o.event_id, o.activity_type, o.message_key, o.version, o.member_id, o.post_id, o.comment_id, o.target_member_id, o.created_at, o.updated_at, o.occurred_at
    from ${sql(schema)}.outbox_pending p join ${sql(schema)}.outbox o using (event_id)
    where p.destination = ${destination} and p.status = 'PENDING' ${inHand.length === 0 ? sql`` : sql`and p.id <> all (${inHand as number[]}::bigint[])`}
    order by p.id
    limit ${limit}`

/** What was delivered, and no more: one of them that is DEAD by now stays. */
export async function deletePending(sql: Sql, schema: string, ids: readonly number[]): Promise<void> {
  await sql`delete from ${sql(schema)}.outbox_pending where id = any (${ids as number[]}::bigint[]) and status = 'PENDING'`
}

export async function recordAttempt(sql: Sql, schema: string, ids: readonly number[], error: string): Promise<void> {
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
export async function turnOutboxDays(sql: Sql, schema: string, daysKept: number): Promise<void> {
  await sql`select event_support.open_days(${schema}, 'outbox', 3), event_support.drop_days(${schema}, 'outbox', ${daysKept})`
}

/**
 * The database's clock (milliseconds since 1970) where this holder has the lease now, for `seconds`: taken, renewed, or
 * inherited from one that let it expire. Undefined where another has it.
 */
export async function takeLease(sql: Sql, schema: string, holder: string, seconds: number): Promise<number | undefined> {
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

import type { OutboxType } from '@dailyfeed/contract/event-registry'
import type { Fragment, Sql } from 'postgres'

export interface ChangeRow {
  activity_type: OutboxType
  member_id: number
  post_id: number | null
  target_member_id: number | null
}

export interface SettledRow {
  /** Every transaction with a lower id had ended. */
  settled: number
  /** None with this id or a higher one had. As long as it is what `settled` was at a moment before, nothing was committed since. */
  newest: number
  /** Milliseconds of the database's clock: all that was committed by then is known, or was before. */
  asked_at: number
  /** All that is not known is committed later. */
  seen_at: number
}

export interface ChangesRow extends SettledRow {
  changes: ChangeRow[]
}

/** An event's id is made before its commit by at most so much: the time that a write may wait for locks. */
const LONGEST_WRITE_SECONDS = 6

/**
 * Every act of content and member leaves its event in an outbox, in the same transaction. These are all that were
 * committed since another look, `seconds` ago, found transactions settled up to an id; some of them may have been seen
 * then. Not a comparison of snapshots: those do not name the subtransactions that a savepoint makes. A row tells 32 bits
 * of its transaction's id, whose epoch is that of the newest one, or the one before.
 */
export async function findChangesSince(
  sql: Sql,
  settled: number,
  seconds: number,
): Promise<ChangesRow> {
  const [row] = await sql<[ChangesRow]>`
    with bound as materialized (
      select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as settled, pg_snapshot_xmax(pg_current_snapshot())::text::bigint as newest,
             event_support.lowest_uuid(now() - make_interval(secs => ${seconds + LONGEST_WRITE_SECONDS})) as oldest
    ), written as (
      select xmin::text::bigint as xid, activity_type, member_id, post_id, target_member_id from content.outbox where event_id >= (select oldest from bound)
      union all
      select xmin::text::bigint as xid, activity_type, member_id, post_id, target_member_id from member.outbox where event_id >= (select oldest from bound)
    ), numbered as (
      select written.*, ((bound.newest >> 32) << 32) + xid as number, bound.newest from written, bound
    ), fresh as (
      select activity_type, member_id, post_id, target_member_id from numbered
      where (case when number > newest then number - 4294967296 else number end) >= ${settled}
    )
    select (select settled from bound) as settled, (select newest from bound) as newest, ${moments(sql)}, coalesce((select json_agg(fresh) from fresh), '[]') as changes`
  return row
}

export async function findSettled(sql: Sql): Promise<SettledRow> {
  const [row] = await sql<[SettledRow]>`
    select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as settled, pg_snapshot_xmax(pg_current_snapshot())::text::bigint as newest, ${moments(sql)}`
  return row
}

/** Before and after the moment whose state a statement shows. */
const moments = (sql: Sql): Fragment => sql`
  (extract(epoch from now()) * 1000)::float8 as asked_at, (extract(epoch from clock_timestamp()) * 1000)::float8 as seen_at`

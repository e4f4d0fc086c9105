import type { OutboxType } from '@dailyfeed/contract/event-registry'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import type { Fragment } from 'postgres'

/** One committed change, as its event in the outbox of content-svc or member-svc describes it. */
export interface ChangeRow {
  activity_type: OutboxType
  member_id: number
  post_id: number | null
  target_member_id: number | null
}

export interface SnapshotRow {
  /** Every transaction with a lower id had ended. */
  xmin: number
  /** No transaction with this id or a higher one had ended. While it equals an earlier xmin, nothing was committed since. */
  xmax: number
  /** Milliseconds of the database's clock: everything that was committed by then is in the snapshot. */
  started_at: number
  /** Everything that is not in the snapshot is committed later. */
  read_at: number
}

export interface ChangesRow extends SnapshotRow {
  /** One more than `MAX_CHANGES` where there are more. */
  changes: ChangeRow[]
}

/** About 3 MB. A process that is behind by more reads everything anew instead. */
export const MAX_CHANGES = 20_000

/** The id of an event is made at most this long before its commit: a write may wait that long for locks. */
const LONGEST_WRITE_SECONDS = 6

/**
 * Every write of content-svc and member-svc inserts its event into an outbox in the same transaction. These are the events
 * of all transactions that were committed since an earlier snapshot of `seconds` ago; some may have been in it. Compares
 * transaction ids, not snapshots: these do not contain the subtransactions that a savepoint makes. A row holds 32 bits of
 * its transaction's id, whose epoch is that of the newest one, or the one before.
 */
export async function findChangesSince(
  sql: Queryable,
  xmin: number,
  seconds: number,
): Promise<ChangesRow> {
  const [row] = await sql<[ChangesRow]>`
    with bound as materialized (
      select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as snapshot_xmin,
             pg_snapshot_xmax(pg_current_snapshot())::text::bigint as snapshot_xmax,
             event_support.lowest_uuid(now() - make_interval(secs => ${seconds + LONGEST_WRITE_SECONDS})) as oldest
    ), written as (
      select xmin::text::bigint as xid, activity_type, member_id, post_id, target_member_id
      from content.outbox where event_id >= (select oldest from bound)
      union all
      select xmin::text::bigint as xid, activity_type, member_id, post_id, target_member_id
      from member.outbox where event_id >= (select oldest from bound)
    ), numbered as (
      select written.*, ((bound.snapshot_xmax >> 32) << 32) + xid as number, bound.snapshot_xmax from written, bound
    ), fresh as (
      select activity_type, member_id, post_id, target_member_id from numbered
      where (case when number > snapshot_xmax then number - 4294967296 else number end) >= ${xmin}
      limit ${MAX_CHANGES + 1}
    )
    select (select snapshot_xmin from bound) as xmin, (select snapshot_xmax from bound) as xmax, ${clocks(sql)},
           coalesce((select json_agg(fresh) from fresh), '[]') as changes`
  return row
}

export async function findSnapshot(sql: Queryable): Promise<SnapshotRow> {
  const [row] = await sql<[SnapshotRow]>`
    select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as xmin,
           pg_snapshot_xmax(pg_current_snapshot())::text::bigint as xmax, ${clocks(sql)}`
  return row
}

/** Before and after the moment of the snapshot. */
const clocks = (sql: Queryable): Fragment => sql`
  (extract(epoch from now()) * 1000)::float8 as started_at, (extract(epoch from clock_timestamp()) * 1000)::float8 as read_at`

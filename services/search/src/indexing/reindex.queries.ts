import type { Queryable } from '@dailyfeed/postgres-support/queryable'

/** One rebuild at a time, whoever asks. */
const REBUILD_LOCK = 7_310_005

export async function tryLockRebuild(sql: Queryable): Promise<boolean> {
  const [row] = await sql<
    [{ taken: boolean }]
  >`select pg_try_advisory_lock(${REBUILD_LOCK}) as taken`
  return row.taken
}

export const unlockRebuild = (sql: Queryable) => sql`select pg_advisory_unlock(${REBUILD_LOCK})`

export const beginRebuild = (sql: Queryable) => sql`select search.begin_rebuild()`
export const indexRebuiltTables = (sql: Queryable) => sql`select search.index_rebuilt_tables()`
export const swapRebuiltTables = (sql: Queryable) => sql`select search.swap_rebuilt_tables()`

/** Writers wait, searches do not: nothing changes the index in use until the transaction ends. */
export const lockIndexForSwap = (sql: Queryable) =>
  sql`lock table search.post_index, search.comment_index in share row exclusive mode`

/** Of this connection; a whole index takes longer to make than any statement of a request may. */
export const allowLongStatements = (sql: Queryable) => sql`set statement_timeout = '30min'`
export const restoreStatementTimeout = (sql: Queryable) => sql`reset statement_timeout`

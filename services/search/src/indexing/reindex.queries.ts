import type { Queryable } from '@dailyfeed/postgres-support/queryable'

/** The advisory lock that keeps two processes from rebuilding at once. */
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

/** Blocks writers of the current index, but no searches, until the transaction ends. */
export const lockIndexForSwap = (sql: Queryable) =>
  sql`lock table search.post_index, search.comment_index in share row exclusive mode`

/** For this connection: creating an index takes longer than a statement of a request may. */
export const allowLongStatements = (sql: Queryable) => sql`set statement_timeout = '30min'`
export const restoreStatementTimeout = (sql: Queryable) => sql`reset statement_timeout`

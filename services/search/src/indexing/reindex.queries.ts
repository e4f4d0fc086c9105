import type { Sql } from 'postgres'

/** One rebuild at a time, whoever asks. */
const REBUILD_LOCK = 7_310_005

export async function tryLockRebuild(sql: Sql): Promise<boolean> {
  const [row] = await sql<
    [{ taken: boolean }]
  >`select pg_try_advisory_lock(${REBUILD_LOCK}) as taken`
  return row.taken
}

export const unlockRebuild = (sql: Sql) => sql`select pg_advisory_unlock(${REBUILD_LOCK})`

export const beginRebuild = (sql: Sql) => sql`select search.begin_rebuild()`
export const indexRebuiltTables = (sql: Sql) => sql`select search.index_rebuilt_tables()`
export const swapRebuiltTables = (sql: Sql) => sql`select search.swap_rebuilt_tables()`

/** Writers wait, searches do not: nothing changes the index in use until the transaction ends. */
export const holdIndexStill = (sql: Sql) =>
  sql`lock table search.post_index, search.comment_index in share row exclusive mode`

/** Of this connection; a whole index takes longer to make than any statement of a request may. */
export const allowLongStatements = (sql: Sql) => sql`set statement_timeout = '30min'`
export const limitStatementsAgain = (sql: Sql) => sql`reset statement_timeout`

import {
  addCounts,
  catchUp,
  type IndexedCounts,
  type IndexProgress,
  type IndexTables,
} from './catch-up.service.ts'
import { updateLocation } from './index-location.queries.ts'
import type { Index } from './index-content.ts'
import {
  allowLongStatements,
  beginRebuild,
  lockIndexForSwap,
  indexRebuiltTables,
  restoreStatementTimeout,
  swapRebuiltTables,
  tryLockRebuild,
  unlockRebuild,
} from './reindex.queries.ts'

const NEXT: IndexTables = { posts: 'post_index_next', comments: 'comment_index_next' }

export type ReindexOutcome =
  | ({ outcome: 'REBUILT' } & IndexedCounts)
  | { outcome: 'ALREADY_RUNNING' }

/**
 * Builds a new index beside the current one and swaps them, while searches are served. Events are
 * applied to the old index until the swap; the new one catches up with the rows of content-svc, the
 * last time with the listener blocked, so that no event is lost between the two. An interrupted run
 * changes nothing.
 */
export async function reindex(
  { sql, engine }: Index,
  onProgress: (progress: IndexProgress) => void = () => {},
): Promise<ReindexOutcome> {
  const connection = await sql.reserve()
  try {
    if (!(await tryLockRebuild(connection))) return { outcome: 'ALREADY_RUNNING' }
    try {
      await allowLongStatements(connection)
      return { outcome: 'REBUILT', ...(await rebuild({ sql: connection, engine }, onProgress)) }
    } finally {
      // A connection that was lost has lost both the setting and the lock.
      await restoreStatementTimeout(connection).catch(() => {})
      await unlockRebuild(connection).catch(() => {})
    }
  } finally {
    connection.release()
  }
}

async function rebuild(
  index: Index,
  onProgress: (progress: IndexProgress) => void,
): Promise<IndexedCounts> {
  await beginRebuild(index.sql)
  const location = await index.engine.beginRebuild()
  const first = await catchUp(index, NEXT, onProgress)
  await indexRebuiltTables(index.sql)
  const second = await catchUp(index, NEXT)
  const last = await catchUpAndSwap(index, location)
  return addCounts([first, second, last])
}

/** The transaction is opened by hand, since a reserved connection has no `begin`. */
async function catchUpAndSwap(index: Index, location: string): Promise<IndexedCounts> {
  const { sql: connection, engine } = index
  await connection`begin`
  try {
    await lockIndexForSwap(connection)
    const counts = await catchUp(index, NEXT)
    await swapRebuiltTables(connection)
    await updateLocation(connection, location)
    await engine.swapRebuilt()
    await connection`commit`
    return counts
  } catch (error) {
    await connection`rollback`.catch(() => {})
    throw error
  }
}

/** `reindex` as a job. It has no effect while another rebuild runs. */
export async function searchReindexJob(index: Index): Promise<Record<string, number>> {
  const result = await reindex(index)
  if (result.outcome === 'ALREADY_RUNNING') return { alreadyRunning: 1 }
  const { outcome: _, ...counts } = result
  return counts
}

import {
  catchUp,
  type IndexedCounts,
  type IndexProgress,
  type IndexTables,
} from './catch-up.service.ts'
import { updateLocation } from './index-location.queries.ts'
import type { Index } from './indexing.service.ts'
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
 * Builds a new index beside the one in use and puts it in its place; searches go on all the while. What is written
 * meanwhile goes to the old one, and the new one catches up with content-svc's rows: at last with the listener held
 * still for a moment, so that no event falls between the two. A run that is cut off changes nothing.
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
      // A connection that broke has lost both by itself.
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
  const place = await index.engine.beginRebuild()
  const first = await catchUp(index, NEXT, onProgress)
  await indexRebuiltTables(index.sql)
  const second = await catchUp(index, NEXT)
  const last = await catchUpAndSwap(index, place)
  return {
    posts: first.posts + second.posts + last.posts,
    comments: first.comments + second.comments + last.comments,
  }
}

/** A reserved connection has no `begin` of its own. */
async function catchUpAndSwap(index: Index, place: string): Promise<IndexedCounts> {
  const { sql: connection, engine } = index
  await connection`begin`
  try {
    await lockIndexForSwap(connection)
    const counts = await catchUp(index, NEXT)
    await swapRebuiltTables(connection)
    await updateLocation(connection, place)
    await engine.swapRebuilt()
    await connection`commit`
    return counts
  } catch (error) {
    await connection`rollback`.catch(() => {})
    throw error
  }
}

/** The same as a job. Asked for while one runs, it leaves that one alone. */
export async function searchReindexJob(index: Index): Promise<Record<string, number>> {
  const result = await reindex(index)
  return result.outcome === 'REBUILT'
    ? { posts: result.posts, comments: result.comments }
    : { alreadyRunning: 1 }
}

import type { ReservedSql, Sql } from 'postgres'
import { catchUp, type IndexedCounts, type IndexProgress, type IndexTables } from './catch-up.service.ts'
import {
  allowLongStatements,
  beginRebuild,
  holdIndexStill,
  indexRebuiltTables,
  limitStatementsAgain,
  swapRebuiltTables,
  tryLockRebuild,
  unlockRebuild,
} from './reindex.queries.ts'

const NEXT: IndexTables = { posts: 'post_index_next', comments: 'comment_index_next' }

export type ReindexOutcome = ({ outcome: 'REBUILT' } & IndexedCounts) | { outcome: 'ALREADY_RUNNING' }

/**
 * Builds a new index beside the one in use and puts it in its place; searches go on all the while. What is written
 * meanwhile goes to the old one, and the new one catches up with content-svc's rows: at last with the listener held
 * still for a moment, so that no event falls between the two. A run that is cut off changes nothing.
 */
export async function reindex(sql: Sql, onProgress: (progress: IndexProgress) => void = () => {}): Promise<ReindexOutcome> {
  const connection = await sql.reserve()
  try {
    if (!(await tryLockRebuild(connection))) return { outcome: 'ALREADY_RUNNING' }
    try {
      await allowLongStatements(connection)
      return { outcome: 'REBUILT', ...(await rebuild(connection, onProgress)) }
    } finally {
      // A connection that broke has lost both by itself.
      await limitStatementsAgain(connection).catch(() => {})
      await unlockRebuild(connection).catch(() => {})
    }
  } finally {
    connection.release()
  }
}

async function rebuild(connection: ReservedSql, onProgress: (progress: IndexProgress) => void): Promise<IndexedCounts> {
  await beginRebuild(connection)
  const first = await catchUp(connection, NEXT, onProgress)
  await indexRebuiltTables(connection)
  const second = await catchUp(connection, NEXT)
  const last = await catchUpAndSwap(connection)
  return { posts: first.posts + second.posts + last.posts, comments: first.comments + second.comments + last.comments }
}

/** A reserved connection has no `begin` of its own. */
async function catchUpAndSwap(connection: ReservedSql): Promise<IndexedCounts> {
  await connection`begin`
  try {
    await holdIndexStill(connection)
    const counts = await catchUp(connection, NEXT)
    await swapRebuiltTables(connection)
    await connection`commit`
    return counts
  } catch (error) {
    await connection`rollback`.catch(() => {})
    throw error
  }
}

/** The same as a job. Asked for while one runs, it leaves that one alone. */
export async function searchReindexJob(sql: Sql): Promise<Record<string, number>> {
  const result = await reindex(sql)
  return result.outcome === 'REBUILT' ? { posts: result.posts, comments: result.comments } : { alreadyRunning: 1 }
}

import { isExcessiveWork } from '@dailyfeed/postgres-support/fault'
import { inTransaction, type Queryable } from '@dailyfeed/postgres-support/queryable'
import {
  findHighestIds,
  reconcileCommentCounters,
  reconcilePostCounters,
} from './counter.queries.ts'

/** Ids per transaction: few, so that no counter stays locked for long. */
const RANGE_SIZE = 1_000

/**
 * `counterReconcileJob`: compares the counts of likes, comments and replies, and the time of each
 * post's newest comment, with the rows they count. Returns how many counters it corrected.
 */
export async function reconcileCounters(
  sql: Queryable,
): Promise<{ posts: number; comments: number }> {
  const highest = await findHighestIds(sql)
  return {
    posts: await reconcileInRanges(sql, highest.post, reconcilePostCounters),
    comments: await reconcileInRanges(sql, highest.comment, reconcileCommentCounters),
  }
}

async function reconcileInRanges(
  sql: Queryable,
  highestId: number,
  reconcile: (sql: Queryable, fromId: number, toId: number) => Promise<number>,
): Promise<number> {
  let corrected = 0
  let size = RANGE_SIZE
  for (let from = 1; from <= highestId; ) {
    const to = from + size
    try {
      corrected += await inTransaction(sql, (transaction) => reconcile(transaction, from, to))
      from = to
      size = Math.min(RANGE_SIZE, size * 2)
    } catch (error) {
      // The next part has fewer counters; a single one that takes too long ends the run.
      if (!isExcessiveWork(error) || size === 1) throw error
      size = Math.floor(size / 2)
    }
  }
  return corrected
}

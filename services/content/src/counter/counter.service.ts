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
  for (let from = 1; from <= highestId; from += RANGE_SIZE)
    corrected += await inTransaction(sql, (transaction) =>
      reconcile(transaction, from, from + RANGE_SIZE),
    )
  return corrected
}

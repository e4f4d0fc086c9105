import type { Sql } from 'postgres'
import { highestIds, reconcileCommentCounters, reconcilePostCounters } from './counter.queries.ts'

/** Small, so that no counter stays locked for long. */
const RANGE = 1_000

/** `counterReconcileJob`: like, comment and reply counters, and when the newest comment came, against their rows. Says how many it had to correct. */
export async function reconcileCounters(sql: Sql): Promise<{ posts: number; comments: number }> {
  const highest = await highestIds(sql)
  return {
    posts: await inRanges(sql, highest.post, reconcilePostCounters),
    comments: await inRanges(sql, highest.comment, reconcileCommentCounters),
  }
}

async function inRanges(
  sql: Sql,
  highest: number,
  reconcile: (sql: Sql, fromId: number, toId: number) => Promise<number>,
): Promise<number> {
  let corrected = 0
  for (let from = 1; from <= highest; from += RANGE) {
    corrected += (await sql.begin((transaction) =>
      reconcile(transaction as unknown as Sql, from, from + RANGE),
    )) as number
  }
  return corrected
}

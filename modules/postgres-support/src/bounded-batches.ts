import type { Fragment } from 'postgres'
import { isExcessiveWork } from './fault.ts'
import type { Queryable } from './queryable.ts'

/** Small enough that its locks are held only briefly. */
const BATCH = 5_000
/** Below the 10 s after which batch-svc gives up on an answer. */
const LIMIT_MILLISECONDS = 4_000

interface BoundedBatchesOptions {
  /** Rows per statement. */
  batch?: number
  /** Time after which no further batch begins; Infinity where nobody waits. */
  milliseconds?: number
}

/**
 * Changes rows in batches until none are left or the time is over, and returns how many were changed. `change` changes at
 * most `limit` rows and returns their number; a batch that exceeds the time limit of a statement is followed by one of
 * half its size. A caller that needs the rest calls again. Throws when a single row cannot be changed.
 */
export async function inBoundedBatches(
  change: (limit: number) => Promise<number>,
  { batch = BATCH, milliseconds = LIMIT_MILLISECONDS }: BoundedBatchesOptions = {},
): Promise<number> {
  const endsAt = performance.now() + milliseconds
  let changed = 0
  for (let limit = batch; ; ) {
    try {
      const count = await change(limit)
      changed += count
      if (count < limit || performance.now() >= endsAt) return changed
      limit = Math.min(batch, limit * 2)
    } catch (error) {
      if (!isExcessiveWork(error) || limit === 1) throw error
      limit = Math.floor(limit / 2)
    }
  }
}

/** For work that no request waits for. */
const NO_LIMIT = { milliseconds: Number.POSITIVE_INFINITY }

/**
 * Deletes the rows of a table without partitions that satisfy a condition, each batch in a transaction of its own.
 * Returns how many. A row that is changed at the same time may be left; a repeated call deletes it.
 */
export const deleteInBatches = (
  sql: Queryable,
  table: string,
  condition: Fragment,
): Promise<number> =>
  inBoundedBatches(async (limit) => {
    const { count } = await sql`
      delete from ${sql(table)} where ctid = any (array(
        select ctid from ${sql(table)} where ${condition} limit ${limit}))`
    return count
  }, NO_LIMIT)

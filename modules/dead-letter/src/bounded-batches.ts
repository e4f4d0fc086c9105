/** Small enough that its locks are held only briefly. */
const BATCH = 5_000
/** Below the 10 s after which batch-svc gives up on an answer. */
const LIMIT_MILLISECONDS = 4_000

/**
 * Changes rows in batches until none are left or the time is over, and returns how many were changed. `change` changes at
 * most `limit` rows and returns their number. A caller that needs the rest calls again.
 */
export async function inBoundedBatches(
  change: (limit: number) => Promise<number>,
  { batch = BATCH, milliseconds = LIMIT_MILLISECONDS } = {},
): Promise<number> {
  const endsAt = performance.now() + milliseconds
  let changed = 0
  for (;;) {
    const count = await change(batch)
    changed += count
    if (count < batch || performance.now() >= endsAt) return changed
  }
}

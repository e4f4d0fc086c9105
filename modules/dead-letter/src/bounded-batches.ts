/** Small enough to hold its locks for a moment only. */
const SLICE = 5_000
/** batch-svc gives up on an answer after 10 s. */
const SLICES_MILLISECONDS = 4_000

/** Some of a million rows after the other, until none is left or the time is over; whoever wants the rest asks again. Returns how many. */
export async function inBoundedBatches(
  change: (limit: number) => Promise<number>,
  { slice = SLICE, milliseconds = SLICES_MILLISECONDS } = {},
): Promise<number> {
  const endsAt = performance.now() + milliseconds
  let changed = 0
  for (;;) {
    const count = await change(slice)
    changed += count
    if (count < slice || performance.now() >= endsAt) return changed
  }
}

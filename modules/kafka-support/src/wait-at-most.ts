import { withDeadline } from '@dailyfeed/concurrency/deadline'

/** Waits until the work settles, either way, but at most this long. Closing must not hang on it. */
export async function waitAtMost(work: Promise<unknown>, milliseconds: number): Promise<void> {
  await withDeadline(work, milliseconds, () => new Error('late')).catch(() => {})
}

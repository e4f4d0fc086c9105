import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Calls `send` so many times at a steady rate: each call at its due time, also while the requests
 * of earlier calls are unanswered. Timers have a resolution of a millisecond, so that at higher
 * rates several calls follow each other. A promise that `send` returns is awaited. Ends early when
 * `isOver`, and returns the number of calls.
 */
export async function sendAtRate(
  perSecond: number,
  count: number,
  send: (n: number) => void | Promise<void>,
  isOver: () => boolean = () => false,
): Promise<number> {
  const startedAt = performance.now()
  let n = 0
  for (; n < count && !isOver(); n += 1) {
    const untilDue = startedAt + (n * 1_000) / perSecond - performance.now()
    if (untilDue > 0) await sleep(untilDue)
    const sending = send(n)
    if (sending !== undefined) await sending
  }
  return n
}

import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { Log } from '@dailyfeed/http-server/log'

const MINUTE = 60_000

interface DeadLetterRateLimitOptions {
  schema: string
  /** New dead letters within a minute. */
  limit: number
  log: Pick<Log, 'error'>
}

/**
 * Pauses the listener after too many dead letters within a minute, so that a faulty release does
 * not dead-letter a whole topic.
 */
export interface DeadLetterRateLimit {
  count(): void
  /**
   * Throws SERVICE_UNAVAILABLE while the limit is reached: undelivered events then wait with their
   * sender.
   */
  checkOrThrow(): void
}

export function createDeadLetterRateLimit({
  schema,
  limit,
  log,
}: DeadLetterRateLimitOptions): DeadLetterRateLimit {
  let times: number[] = []
  let isPaused = false
  return {
    count() {
      times.push(performance.now())
    },
    checkOrThrow() {
      const now = performance.now()
      times = times.filter((time) => now - time < MINUTE)
      if (times.length < limit) {
        isPaused = false
        return
      }
      const retryAfterSeconds = Math.ceil((MINUTE - (now - (times[0] ?? now))) / 1_000)
      if (!isPaused)
        log.error(
          { schema, limit, retryAfterSeconds },
          'ALARM: too many dead letters within a minute; the listener pauses, and events wait with their sender',
        )
      isPaused = true
      throw new DailyfeedError('SERVICE_UNAVAILABLE', { retryAfterSeconds })
    },
  }
}

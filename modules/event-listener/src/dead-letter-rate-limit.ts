import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { FastifyBaseLogger } from 'fastify'

const MINUTE = 60_000

interface DeadLetterBrakeOptions {
  schema: string
  /** New dead letters within a minute. */
  limit: number
  log: FastifyBaseLogger
}

/** A bad release must not make a dead letter of everything that comes: after too many within a minute the listener pauses. */
export interface DeadLetterRateLimit {
  count(): void
  /** Throws SERVICE_UNAVAILABLE while too many of the last minute are counted: what was delivered waits with its sender. */
  checkOrThrow(): void
}

export function createDeadLetterRateLimit({
  schema,
  limit,
  log,
}: DeadLetterBrakeOptions): DeadLetterRateLimit {
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
      if (!isPaused)
        log.error(
          { schema, limit },
          'ALARM: too many dead letters within a minute; the listener pauses, and events wait with their sender',
        )
      isPaused = true
      throw new DailyfeedError('SERVICE_UNAVAILABLE', {
        retryAfterSeconds: Math.ceil((MINUTE - (now - (times[0] ?? now))) / 1_000),
      })
    },
  }
}

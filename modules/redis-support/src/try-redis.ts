import { withDeadline } from '@dailyfeed/concurrency/deadline'

/** Returns the answer of `command`, or `fallback` while Redis fails or its circuit is open. */
export type TryRedis = <Answer>(command: () => Promise<Answer>, fallback: Answer) => Promise<Answer>

interface TryRedisOptions {
  log: { warn(fields: object, message: string): void; info(fields: object, message: string): void }
  /** A clause for the log that says how the service works without Redis. */
  consequence: string
  fields?: object
  /** How long the circuit stays open after a failure; tests shorten it. */
  cooldownMilliseconds?: number | undefined
}

/** The client's own timeout covers only commands that it could not send yet. */
const ANSWER_MILLISECONDS = 1_000
/** A hanging Redis would otherwise add a second to every call. */
const COOLDOWN_MILLISECONDS = 5_000

/** A circuit breaker that opens with the first failure. */
export function createTryRedis({
  log,
  consequence,
  fields = {},
  cooldownMilliseconds = COOLDOWN_MILLISECONDS,
}: TryRedisOptions): TryRedis {
  /** When the next command may be tried, by `performance.now()`; 0 while the circuit is closed. */
  let openUntil = 0
  return async (command, fallback) => {
    if (performance.now() < openUntil) return fallback
    try {
      const answer = await withDeadline(command(), ANSWER_MILLISECONDS, lateError)
      if (openUntil > 0) log.info(fields, 'Redis reachable again; circuit closed')
      openUntil = 0
      return answer
    } catch (error) {
      if (openUntil === 0)
        log.warn(
          { ...fields, err: error },
          `circuit open for Redis; next attempt in ${cooldownMilliseconds / 1_000} s; ${consequence}`,
        )
      openUntil = performance.now() + cooldownMilliseconds
      return fallback
    }
  }
}

const lateError = (): Error => new Error(`no answer in ${ANSWER_MILLISECONDS} ms`)

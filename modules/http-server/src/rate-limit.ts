import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { FastifyReply } from 'fastify'
import { type RateCount, type RateCounter, type RateKey, secondsLeft } from './rate-counter.ts'

export interface RateLimiter {
  /** Counts one request of `key` and sends the remaining quota in headers. Throws TOO_MANY_REQUEST above the limit. */
  countOrThrow(key: RateKey, reply?: FastifyReply): void
}

/** Limits by one policy, beside the class of a route. */
export function createRateLimiter(counter: RateCounter): RateLimiter {
  return {
    countOrThrow(key, reply) {
      const now = performance.now()
      const count = counter.count(key, now)
      reply
        ?.header('ratelimit-policy', counter.policyHeader)
        .header('ratelimit', quotaHeader(counter, count, now))
      if (count.total > counter.policy.limit) throw tooMany(count, now)
    },
  }
}

/** Value of the header RateLimit, a structured field of draft-ietf-httpapi-ratelimit-headers-10. */
export function quotaHeader({ policy }: RateCounter, count: RateCount, now: number): string {
  const remaining = Math.max(0, policy.limit - count.total)
  return `"${policy.name}";r=${remaining};t=${secondsLeft(count, now)}`
}

export const tooMany = (count: RateCount, now: number): DailyfeedError =>
  new DailyfeedError('TOO_MANY_REQUEST', { retryAfterSeconds: secondsLeft(count, now) })

import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { FastifyReply } from 'fastify'
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible'
import type { AddressBlock } from './address-block.ts'

/** Requests are counted per member, by id, or per address block. */
type RateKey = number | AddressBlock

export interface RateLimit {
  /** Name of the policy in the headers. */
  name: string
  /** Requests of one key in a window. */
  limit: number
  windowSeconds: number
}

export interface RateLimiter {
  /** Counts one request of `key` and sends the remaining quota in headers. Throws TOO_MANY_REQUEST above the limit. */
  countOrThrow(key: RateKey, reply: FastifyReply): Promise<void>
}

/** Counts in this process's memory; the headers are the structured fields of draft-ietf-httpapi-ratelimit-headers. */
export function createRateLimiter({ name, limit, windowSeconds }: RateLimit): RateLimiter {
  const limiter = new RateLimiterMemory({ points: limit, duration: windowSeconds })
  const policy = `"${name}";q=${limit};w=${windowSeconds}`
  const sendQuota = (reply: FastifyReply, { remainingPoints, msBeforeNext }: RateLimiterRes) => {
    const seconds = Math.max(1, Math.ceil(msBeforeNext / 1_000))
    reply
      .header('ratelimit-policy', policy)
      .header('ratelimit', `"${name}";r=${remainingPoints};t=${seconds}`)
    return seconds
  }
  return {
    async countOrThrow(key, reply) {
      try {
        sendQuota(reply, await limiter.consume(key))
      } catch (refusal) {
        throw new DailyfeedError('TOO_MANY_REQUEST', {
          retryAfterSeconds: sendQuota(reply, refusal as RateLimiterRes),
        })
      }
    },
  }
}

import type { FastifyReply } from 'fastify'
import { expect, test } from 'vitest'
import { createRateLimiter } from './rate-limit.ts'

/** Collects the headers that a limiter sets on an answer. */
function recordingReply() {
  const headers: Record<string, string> = {}
  const reply = {
    header(name: string, value: string) {
      headers[name] = value
      return reply
    },
  }
  return { headers, reply: reply as Pick<FastifyReply, 'header'> as FastifyReply }
}

test('each request of a key lowers its quota, and other keys keep theirs', async () => {
  const limiter = createRateLimiter({ name: 'writes', limit: 2, windowSeconds: 60 })
  const first = recordingReply()
  await limiter.countOrThrow(1, first.reply)
  expect(first.headers['ratelimit-policy']).toBe('"writes";q=2;w=60')
  expect(first.headers['ratelimit']).toMatch(/^"writes";r=1;t=(59|60)$/)
  const second = recordingReply()
  await limiter.countOrThrow(1, second.reply)
  expect(second.headers['ratelimit']).toMatch(/;r=0;/)
  const other = recordingReply()
  await limiter.countOrThrow(2, other.reply)
  expect(other.headers['ratelimit']).toMatch(/;r=1;/)
})

test('a request above the limit is refused with the seconds until the window ends', async () => {
  const limiter = createRateLimiter({ name: 'writes', limit: 1, windowSeconds: 60 })
  await limiter.countOrThrow(7, recordingReply().reply)
  const { headers, reply } = recordingReply()
  const refusal = await limiter.countOrThrow(7, reply).catch((error) => error)
  expect(refusal).toMatchObject({ code: 'TOO_MANY_REQUEST' })
  expect(refusal.retryAfterSeconds).toBeGreaterThan(0)
  expect(refusal.retryAfterSeconds).toBeLessThanOrEqual(60)
  expect(headers['ratelimit']).toMatch(/;r=0;/)
})

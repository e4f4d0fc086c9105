import { expect, test } from 'vitest'
import { RateCounter } from './rate-counter.ts'
import { createRateLimiter } from './rate-limit.ts'

const limiterOf = (limit: number) =>
  createRateLimiter(
    new RateCounter({ name: 'writes', limit, windowSeconds: 3_600 }, { maxKeys: 1_000 }),
  )

/** Collects the headers that a limiter sets on an answer. */
function recordingReply() {
  const headers: Record<string, unknown> = {}
  const reply = {
    header(name: string, value?: unknown) {
      headers[name] = value
      return reply
    },
  }
  return { headers, reply }
}

test('each request of a key lowers its quota, and other keys keep theirs', () => {
  const limiter = limiterOf(2)
  const first = recordingReply()
  limiter.countOrThrow(1, first.reply as never)
  expect(first.headers['ratelimit-policy']).toBe('"writes";q=2;w=3600')
  expect(first.headers['ratelimit']).toMatch(/^"writes";r=1;t=\d+$/)
  const second = recordingReply()
  limiter.countOrThrow(1, second.reply as never)
  expect(second.headers['ratelimit']).toMatch(/;r=0;/)
  const other = recordingReply()
  limiter.countOrThrow(2, other.reply as never)
  expect(other.headers['ratelimit']).toMatch(/;r=1;/)
})

test('a request above the limit is refused with the seconds until the window ends', () => {
  const limiter = limiterOf(1)
  limiter.countOrThrow(7)
  const { headers, reply } = recordingReply()
  expect(() => limiter.countOrThrow(7, reply as never)).toThrow(
    expect.objectContaining({
      code: 'TOO_MANY_REQUEST',
      retryAfterSeconds: expect.toSatisfy((seconds) => seconds > 0 && seconds <= 3_600),
    }),
  )
  expect(headers['ratelimit']).toMatch(/;r=0;/)
})

import { rateLimitSettings } from '@dailyfeed/configuration/rate-limit-settings'
import { readConfigOrThrow } from '@dailyfeed/configuration/read-config'
import { openRedis } from '@dailyfeed/redis-support/open-redis'
import type { RedisClient } from '@dailyfeed/redis-support/redis-client'
import { eventually } from '@dailyfeed/tests/eventually'
import { ask, clientOf, type HttpClient } from '@dailyfeed/tests/http-client'
import { redisIsMissing, startTestRedis, type TestRedis } from '@dailyfeed/tests/redis'
import { type TestTokens, testTokens } from '@dailyfeed/tests/tokens'
import Type from 'typebox'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createHttpServer } from './create-http-server.ts'
import type { HttpServer } from './http-server.ts'
import { createLog } from './log.ts'
import { createRateLimits } from './rate-limits.ts'

const LIMIT = 40
const isMissing = await redisIsMissing()

describe.skipIf(isMissing)('two processes of a service with one Redis', () => {
  let server: TestRedis
  let tokens: TestTokens
  let one: HttpClient
  let other: HttpClient
  const opened: (HttpServer | RedisClient)[] = []

  /** A process with its own connection to Redis. */
  async function startProcess(): Promise<HttpClient> {
    const redis = openRedis(server.url)
    await vi.waitFor(() => redis.get('nothing'))
    const log = createLog('test', 'silent')
    const config = readConfigOrThrow(Type.Object(rateLimitSettings), {
      RATE_LIMIT_WRITE_PER_MEMBER: String(LIMIT),
    })
    const app = await createHttpServer({
      service: 'any',
      log,
      verifier: tokens.verifier,
      limits: createRateLimits({ ...config, RATE_LIMIT: 'on' }, { service: 'any', log, redis }),
    })
    app.post('/api/posts', async () => ({}))
    opened.push(app, redis)
    return clientOf(app, tokens.bearerOf)
  }

  beforeAll(async () => {
    server = await startTestRedis()
    tokens = await testTokens()
    ;[one, other] = [await startProcess(), await startProcess()]
  })
  afterAll(async () => {
    for (const each of opened) await each.close()
    await server?.stop()
  })

  const write = async (client: HttpClient, as: number) =>
    (await ask(client, { as, method: 'POST', url: '/api/posts' })).status

  test('a member who has used the limit at one process is soon refused at the other', async () => {
    for (let n = 0; n < LIMIT; n += 1) expect(await write(one, 7)).toBe(200)
    expect(await write(one, 7)).toBe(429)
    const attempts: number[] = []
    await eventually('the other process refuses the member', async () => {
      attempts.push(await write(other, 7))
      return attempts.at(-1) === 429
    })
    expect(attempts.length).toBeLessThan(LIMIT)
    expect(await write(other, 8)).toBe(200)
  })

  test('while Redis is killed or paused every answer comes at once, and limits still hold', async () => {
    await server.server.pause()
    const paused = await Promise.all(Array.from({ length: LIMIT + 20 }, () => write(one, 9)))
    expect(paused.filter((status) => status === 200)).toHaveLength(LIMIT)
    expect(paused.filter((status) => status === 429)).toHaveLength(20)
    server.server.resume()
    await server.server.kill()
    const killed = await Promise.all(Array.from({ length: LIMIT + 20 }, () => write(one, 10)))
    expect(killed.filter((status) => status === 200)).toHaveLength(LIMIT)
    expect(killed.filter((status) => status === 429)).toHaveLength(20)
    await server.server.start()
    const redis = openRedis(server.url)
    opened.push(redis)
    const shared = (member: number) => redis.get(`rate:any:write:60:${member}`).catch(() => null)
    await eventually(
      'the counts of both times are shared',
      async () => [await shared(9), await shared(10)],
      (counts) => counts.every((count) => Number(count) >= LIMIT + 20),
    )
    expect([await write(other, 9), await write(other, 10)]).toEqual([200, 200])
    await eventually(
      'the other process refuses both members',
      async () => [await write(other, 9), await write(other, 10)],
      (statuses) => statuses.every((status) => status === 429),
    )
  })
})

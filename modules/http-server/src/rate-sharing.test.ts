import { openRedis } from '@dailyfeed/redis-support/open-redis'
import type { RedisClient } from '@dailyfeed/redis-support/redis-client'
import { eventually } from '@dailyfeed/tests/eventually'
import { redisIsMissing, startTestRedis, type TestRedis } from '@dailyfeed/tests/redis'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { RateCounter, type RatePolicy } from './rate-counter.ts'
import { RateSharing } from './rate-sharing.ts'

const isMissing = await redisIsMissing()

describe.skipIf(isMissing)('counts shared through Redis', () => {
  let server: TestRedis
  let redis: RedisClient
  const opened: { close(): unknown }[] = []

  beforeAll(async () => {
    server = await startTestRedis()
    redis = openRedis(server.url)
    await vi.waitFor(() => redis.get('nothing'))
  })
  afterAll(async () => {
    for (const one of opened) one.close()
    await redis?.close()
    await server?.stop()
  })

  const logged: string[] = []
  const log = {
    warn: (_fields: object, message: string) => void logged.push(message),
    info: (_fields: object, message: string) => void logged.push(message),
  }

  /** The counter of one of several processes of a service. */
  function counterOf(policy: RatePolicy, client = redis, service = 'content'): RateCounter {
    const sharing = new RateSharing({ redis: client, service, log })
    opened.push(sharing)
    return new RateCounter(policy, { maxKeys: 1_000, onUnshared: sharing.onUnshared })
  }

  const totalAt = (counter: RateCounter, key: number) => counter.count(key, performance.now()).total

  test('two processes count the requests of one member together', async () => {
    const policy = { name: 'together', limit: 100, windowSeconds: 600 }
    const [one, other] = [counterOf(policy), counterOf(policy)]
    for (let n = 0; n < 60; n += 1) totalAt(one, 7)
    let own = 0
    const total = await eventually(
      'the second process knows the requests at the first',
      () => {
        own += 1
        return totalAt(other, 7)
      },
      (count) => count > 60,
    )
    expect(total).toBe(60 + own)
    expect(totalAt(other, 8)).toBe(1)
  })

  test('processes of different services count apart', async () => {
    const policy = { name: 'apart', limit: 10, windowSeconds: 600 }
    const [content, timeline] = [counterOf(policy), counterOf(policy, redis, 'timeline')]
    for (let n = 0; n < 10; n += 1) totalAt(content, 7)
    await eventually('the count is in Redis', () => redis.get('rate:content:apart:600:7'))
    totalAt(timeline, 7)
    expect(await eventually('the other too', () => redis.get('rate:timeline:apart:600:7'))).toBe(
      '1',
    )
  })

  test('a count expires in Redis with its window', async () => {
    const counter = counterOf({ name: 'expiring', limit: 1, windowSeconds: 1 })
    totalAt(counter, 7)
    const read = () => redis.get('rate:content:expiring:1:7')
    await eventually('the count is in Redis', read)
    await eventually('the count has expired', async () => (await read()) === null)
  })

  test('while Redis is dead counting goes on at once, and is shared when it is back', async () => {
    const own = await startTestRedis()
    const client = openRedis(own.url)
    opened.push(client)
    await vi.waitFor(() => client.get('nothing'))
    const policy = { name: 'dying', limit: 5, windowSeconds: 600 }
    const counter = counterOf(policy, client)
    totalAt(counter, 7)
    await eventually('the count is in Redis', () => client.get('rate:content:dying:600:7'))
    await own.server.kill()
    const totals = Array.from({ length: 6 }, () => totalAt(counter, 7))
    expect(totals).toEqual([2, 3, 4, 5, 6, 7])
    await eventually('the circuit is open', () => logged.join().includes('circuit open for Redis'))
    expect(totalAt(counter, 7)).toBe(8)
    await own.server.start()
    const readShared = () => client.get('rate:content:dying:600:7').catch(() => null)
    await eventually('the counts since then are shared', readShared, (count) => count === '7')
    await own.stop()
  })
})

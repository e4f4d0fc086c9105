import {
  redisIsMissing,
  startTestRedis,
  startTestRedisCluster,
  type TestRedis,
  type TestRedisCluster,
} from '@dailyfeed/tests/redis'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openRedis } from './open-redis.ts'
import type { RedisClient } from './redis-client.ts'
import { redisScript } from './redis-script.ts'

const isMissing = await redisIsMissing()
let server: TestRedis
let cluster: TestRedisCluster

beforeAll(async () => {
  if (!isMissing) [server, cluster] = await Promise.all([startTestRedis(), startTestRedisCluster()])
})
afterAll(async () => {
  await Promise.all([server?.stop(), cluster?.stop()])
})

describe.skipIf(isMissing).each([
  ['a single Redis', () => server.url, () => [server]],
  ['a Redis Cluster', () => cluster.urls, () => cluster.nodes],
] as const)('%s', (_name, addresses, nodes) => {
  let client: RedisClient
  let subscriber: RedisClient
  beforeAll(async () => {
    client = openRedis(addresses())
    subscriber = openRedis(addresses())
    await vi.waitFor(() => client.get('nothing'))
  })
  afterAll(() => Promise.all([client.close(), subscriber.close()]))

  const keys = Array.from({ length: 100 }, (_, n) => `key ${n}`)

  test('values are stored until they expire, on the nodes of their keys', async () => {
    await client.setEach(keys.slice(0, 60), 'stored', { seconds: 60 })
    await client.set('key 60', 'expired', { atEpochSeconds: Math.floor(Date.now() / 1_000) - 1 })
    await client.set('key 0', 'changed', { seconds: 60 })
    await client.delete('key 1')
    expect(await client.getEach(keys)).toEqual(
      keys.map((_, n) => (n === 0 ? 'changed' : n > 1 && n < 60 ? 'stored' : null)),
    )
  })

  test('a script runs where its key is, whether or not the node has cached it', async () => {
    const count = redisScript(`return redis.call('INCRBY', KEYS[1], ARGV[1])`)
    for (const key of keys.slice(0, 10))
      expect(await client.run(count, `count ${key}`, [2])).toBe(2)
    expect(await client.run(count, 'count key 0', [3])).toBe(5)
    await expect(
      client.run(redisScript(`return redis.call('NO_SUCH_COMMAND')`), 'a', []),
    ).rejects.toThrow()
  })

  test('a subscriber receives the messages of its channel', async () => {
    const received: string[] = []
    subscriber.subscribe('a channel', (message) => received.push(message))
    await expect
      .poll(() => client.publish('a channel', 'a message').then(() => received))
      .toContain('a message')
  })

  test('commands fail instead of queueing while Redis is down, and succeed after its restart', async () => {
    const before = await client.runIds()
    expect(new Set(before).size).toBe(nodes().length)
    for (const node of nodes()) await node.server.kill()
    await expect
      .poll(() => client.get('key 2').catch(() => 'failed'), { timeout: 15_000 })
      .toBe('failed')
    // A queued command would not settle before the restart.
    await expect(client.get('key 3')).rejects.toThrow()
    for (const node of nodes()) await node.server.start()
    await expect
      .poll(() => client.getEach(keys).catch(() => []), { timeout: 15_000 })
      .toEqual(keys.map(() => null))
    const after = await client.runIds()
    expect(after.filter((id) => before.includes(id))).toEqual([])
  })

  test('close() resolves on a client that never connected', async () => {
    const single = openRedis('redis://127.0.0.1:1')
    await expect(single.get('a')).rejects.toThrow()
    await single.close()
    const several = openRedis('redis://127.0.0.1:1,redis://127.0.0.1:2')
    await expect(several.get('a')).rejects.toThrow()
    await several.close()
  })
})

import {
  redisIsMissing,
  startTestRedis,
  startTestRedisCluster,
  type TestRedis,
  type TestRedisCluster,
} from '@dailyfeed/tests/redis'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openRedis, type RedisClient } from './redis-client.ts'
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
  ['one Redis', () => server.url, () => [server]],
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

  test('keeps values for as long as it is told, wherever their keys live', async () => {
    await client.setEach(keys.slice(0, 60), 'kept', { seconds: 60 })
    await client.set('key 60', 'gone', { atEpochSeconds: Math.floor(Date.now() / 1_000) - 1 })
    await client.set('key 0', 'changed', { seconds: 60 })
    await client.delete('key 1')
    expect(await client.getEach(keys)).toEqual(
      keys.map((_, n) => (n === 0 ? 'changed' : n > 1 && n < 60 ? 'kept' : null)),
    )
  })

  test('runs a script where its key lives, whether or not it knew it before', async () => {
    const count = redisScript(`return redis.call('INCRBY', KEYS[1], ARGV[1])`)
    for (const key of keys.slice(0, 10))
      expect(await client.run(count, `count ${key}`, [2])).toBe(2)
    expect(await client.run(count, 'count key 0', [3])).toBe(5)
    await expect(
      client.run(redisScript(`return redis.call('NO_SUCH_COMMAND')`), 'a', []),
    ).rejects.toThrow()
  })

  test('carries messages to who listens', async () => {
    const heard: string[] = []
    subscriber.subscribe('a channel', (message) => heard.push(message))
    await expect
      .poll(() => client.publish('a channel', 'a message').then(() => heard))
      .toContain('a message')
  })

  test('while it is away every command fails at once; afterwards it is there again by itself, and another run', async () => {
    const before = await client.runIds()
    expect(new Set(before).size).toBe(nodes().length)
    for (const node of nodes()) await node.server.kill()
    await expect.poll(() => client.get('key 2').catch(() => 'away')).toBe('away')
    const startedAt = performance.now()
    await expect(client.get('key 3')).rejects.toThrow()
    expect(performance.now() - startedAt).toBeLessThan(1_500)
    for (const node of nodes()) await node.server.start()
    await expect
      .poll(() => client.getEach(keys).catch(() => []), { timeout: 15_000 })
      .toEqual(keys.map(() => null))
    const after = await client.runIds()
    expect(after.filter((id) => before.includes(id))).toEqual([])
  })

  test('closes though it was never connected', async () => {
    const lost = openRedis('redis://127.0.0.1:1')
    await expect(lost.get('a')).rejects.toThrow()
    await lost.close()
    const nowhere = openRedis('redis://127.0.0.1:1,redis://127.0.0.1:2')
    await expect(nowhere.get('a')).rejects.toThrow()
    await nowhere.close()
  })
})

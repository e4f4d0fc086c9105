import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '@dailyfeed/platform/free-port'
import {
  type LocalRedis,
  provideRedis,
  type RedisProgram,
  startLocalRedis,
} from '@dailyfeed/platform/redis/local-redis'
import { openRedis } from '@dailyfeed/redis-support/redis-client'

export type TestRedis = LocalRedis

/** Why this machine cannot have Redis, for `skipIf`: `npm test` names it, and CI does not let it pass. */
export const redisIsMissing = async (): Promise<boolean> =>
  'reason' in (await provideRedis(process.env, () => {}))

async function programOrThrow(): Promise<RedisProgram> {
  const program = await provideRedis(process.env, () => {})
  if ('reason' in program) throw new Error(program.reason)
  return program
}

/** A server of a test file's own. */
export async function startTestRedis(): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'dailyfeed-redis-'))
  const redis = await startLocalRedis(await programOrThrow(), folder)
  return {
    ...redis,
    async stop() {
      await redis.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export interface TestRedisCluster {
  /** As REDIS_URL takes them. */
  urls: string
  nodes: TestRedis[]
  stop(): Promise<void>
}

const SLOTS = 16_384
const MASTERS = 3

/** Three masters of a test file's own, which know each other and their slots from the start. */
export async function startTestRedisCluster(): Promise<TestRedisCluster> {
  const program = await programOrThrow()
  const folder = await mkdtemp(join(tmpdir(), 'dailyfeed-redis-cluster-'))
  const members = await Promise.all(
    Array.from({ length: MASTERS }, async (_, n) => {
      const [first, next] = [n, n + 1].map((part) => Math.ceil((part * SLOTS) / MASTERS)) as [
        number,
        number,
      ]
      return {
        id: randomBytes(20).toString('hex'),
        port: await freePort(),
        bus: await freePort(),
        epoch: n + 1,
        slots: `${first}-${next - 1}`,
      }
    }),
  )
  const nodes = await Promise.all(
    members.map(async ({ id, port, bus }) => {
      const own = join(folder, id)
      await mkdir(own)
      const lines = members.map(
        (one) =>
          `${one.id} 127.0.0.1:${one.port}@${one.bus} ${one.id === id ? 'myself,' : ''}master - 0 0 ${one.epoch} connected ${one.slots}`,
      )
      await writeFile(
        join(own, 'nodes.conf'),
        `${lines.join('\n')}\nvars currentEpoch ${MASTERS} lastVoteEpoch 0\n`,
      )
      const settings = [
        '--cluster-enabled',
        'yes',
        '--cluster-config-file',
        'nodes.conf',
        '--cluster-port',
        String(bus),
        '--cluster-node-timeout',
        '2000',
      ]
      return startLocalRedis(program, own, { port, settings })
    }),
  )
  const urls = nodes.map(({ url }) => url).join(',')
  await untilItAnswers(urls)
  return {
    urls,
    nodes,
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Each of them has to have heard of the others. */
async function untilItAnswers(urls: string): Promise<void> {
  const client = openRedis(urls)
  try {
    const keys = Array.from({ length: 50 }, (_, n) => `is it there ${n}`)
    for (let waited = 0; waited < 10_000; waited += 50) {
      const isThere = await client.setEach(keys, '1', { seconds: 1 }).then(
        () => true,
        () => false,
      )
      if (isThere) return
      await sleep(50)
    }
    throw new Error('the Redis Cluster did not answer in 10 s')
  } finally {
    await client.close()
  }
}

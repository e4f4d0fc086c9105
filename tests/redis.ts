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
import { openRedis } from '@dailyfeed/redis-support/open-redis'
import type { RedisClient } from '@dailyfeed/redis-support/redis-client'
import { redisScript } from '@dailyfeed/redis-support/redis-script'

export type TestRedis = LocalRedis

/** For `skipIf`: whether this machine has no Redis. `npm test` says why, and fails in CI. */
export const redisIsMissing = async (): Promise<boolean> =>
  'reason' in (await provideRedis(process.env, () => {}))

async function programOrThrow(): Promise<RedisProgram> {
  const program = await provideRedis(process.env, () => {})
  if ('reason' in program) throw new Error(program.reason)
  return program
}

/** Starts a server for one test file. */
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

const FLUSH = redisScript(`return redis.call('FLUSHALL')`)
/** Enough keys that every node of a small cluster holds some. */
const SPREAD_KEYS = Array.from({ length: 50 }, (_, n) => `spread ${n}`)

/** Deletes every key of the server, or of each node of the cluster. Throws while it is unreachable. */
export async function clearRedis(client: RedisClient): Promise<void> {
  await Promise.all(SPREAD_KEYS.map((key) => client.run(FLUSH, key, [])))
}

export interface TestRedisCluster {
  /** As REDIS_URL takes them. */
  urls: string
  nodes: TestRedis[]
  stop(): Promise<void>
}

const SLOTS = 16_384
const MASTERS = 3

interface ClusterMember {
  id: string
  port: number
  busPort: number
  epoch: number
  slots: string
}

/** Starts three masters for one test file; their configuration names all members and slots. */
export async function startTestRedisCluster(): Promise<TestRedisCluster> {
  const program = await programOrThrow()
  const folder = await mkdtemp(join(tmpdir(), 'dailyfeed-redis-cluster-'))
  const members = await Promise.all(Array.from({ length: MASTERS }, (_, n) => newMember(n)))
  const nodes = await Promise.all(
    members.map(async (member) => {
      const nodeFolder = join(folder, member.id)
      await mkdir(nodeFolder)
      await writeFile(join(nodeFolder, 'nodes.conf'), nodesFileOf(member, members))
      const settings = [
        ['--cluster-enabled', 'yes'],
        ['--cluster-config-file', 'nodes.conf'],
        ['--cluster-port', String(member.busPort)],
        ['--cluster-node-timeout', '2000'],
      ].flat()
      return startLocalRedis(program, nodeFolder, { port: member.port, settings })
    }),
  )
  const urls = nodes.map(({ url }) => url).join(',')
  await untilClusterAnswers(urls)
  return {
    urls,
    nodes,
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function newMember(index: number): Promise<ClusterMember> {
  const firstSlotOf = (n: number) => Math.ceil((n * SLOTS) / MASTERS)
  return {
    id: randomBytes(20).toString('hex'),
    port: await freePort(),
    busPort: await freePort(),
    epoch: index + 1,
    slots: `${firstSlotOf(index)}-${firstSlotOf(index + 1) - 1}`,
  }
}

/** The cluster configuration in which a member finds itself, the others and the slots of each. */
function nodesFileOf(self: ClusterMember, members: readonly ClusterMember[]): string {
  const lines = members.map((member) =>
    [
      member.id,
      `127.0.0.1:${member.port}@${member.busPort}`,
      `${member === self ? 'myself,' : ''}master`,
      `- 0 0 ${member.epoch} connected ${member.slots}`,
    ].join(' '),
  )
  return `${lines.join('\n')}\nvars currentEpoch ${MASTERS} lastVoteEpoch 0\n`
}

/** Waits until every node has exchanged messages with the others and serves its slots. */
async function untilClusterAnswers(urls: string): Promise<void> {
  const client = openRedis(urls)
  try {
    for (let waited = 0; waited < 10_000; waited += 50) {
      const answers = await client.setEach(SPREAD_KEYS, '1', { seconds: 1 }).then(
        () => true,
        () => false,
      )
      if (answers) return
      await sleep(50)
    }
    throw new Error('the Redis Cluster did not answer in 10 s')
  } finally {
    await client.close()
  }
}

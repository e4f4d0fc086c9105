import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kafkaIsMissing } from '../kafka.ts'
import { openSearchIsMissing } from '../opensearch.ts'
import { type PlatformProcess, startPlatformProcess } from '../platform-process.ts'
import { redisIsMissing } from '../redis.ts'
import { eventually } from '../eventually.ts'
import { ask } from '../http-client.ts'
import { newMember } from './client.ts'

const isMissing =
  (await kafkaIsMissing()) || (await redisIsMissing()) || (await openSearchIsMissing())

const SERVERS = ['kafka/node-1', 'redis', 'opensearch']

describe.skipIf(isMissing)('npm run start:full', () => {
  let platform: PlatformProcess
  beforeAll(async () => {
    platform = await startPlatformProcess({ isFull: true })
  })
  afterAll(async () => {
    await platform.stop()
  })

  const pidsOfServers = () =>
    Promise.all(
      SERVERS.map(async (name) =>
        Number.parseInt(await readFile(join(platform.dataDir, name, 'pid'), 'utf8'), 10),
      ),
    )
  const isAlive = (pid: number): boolean => {
    try {
      return process.kill(pid, 0)
    } catch {
      return false
    }
  }

  test('a post is found and recorded as an activity, also after the platform was killed and restarted', async () => {
    const writer = await newMember({}, platform.url)
    const reader = await newMember({}, platform.url)
    const written = await ask(writer, {
      url: '/api/posts',
      body: {
        title: '',
        content: '봄날의 곰취 나물',
      },
    })
    expect(written.status).toBe(201)
    const postId = written.body.data.id
    const search = () =>
      ask(reader, { url: `/api/search/posts?keyword=${encodeURIComponent('곰취')}` })
    const isFound = async () => (await search()).body.data.content[0]?.id === postId
    await eventually('the post is found', isFound)
    await eventually(
      'the activity is recorded',
      async () => JSON.stringify((await ask(writer, { url: '/api/member-activities' })).body),
      (activities) => activities.includes('POST_CREATE'),
    )

    const before = await pidsOfServers()
    platform.kill('SIGKILL')
    await platform.ended
    expect(before.map(isAlive)).toEqual([true, true, true])
    platform = await startPlatformProcess({
      isFull: true,
      dataDir: platform.dataDir,
      port: platform.port,
    })
    expect(before.map(isAlive)).toEqual([false, false, false])
    await eventually('the post is found again', isFound)
  })

  test('the servers beside the platform end with it', async () => {
    const pids = await pidsOfServers()
    expect(pids.map(isAlive)).toEqual([true, true, true])
    expect(await platform.stop()).toBe(0)
    expect(pids.map(isAlive)).toEqual([false, false, false])
  })
})

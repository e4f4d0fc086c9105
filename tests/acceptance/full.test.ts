import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kafkaIsMissing } from '../kafka.ts'
import { openSearchIsMissing } from '../opensearch.ts'
import { type PlatformProcess, startPlatformProcess } from '../platform-process.ts'
import { redisIsMissing } from '../redis.ts'
import { eventually, newMember } from './client.ts'

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

  const pidsBeside = () =>
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

  test('what is written is found by others and noted as an activity, and still after the platform was killed and started again', async () => {
    const writer = await newMember({}, platform.url)
    const reader = await newMember({}, platform.url)
    const written = await writer.ask('POST', '/api/posts', {
      title: '',
      content: '봄날의 곰취 나물',
    })
    expect(written.status).toBe(201)
    const postId = written.body.data.id
    const search = () =>
      reader.ask('GET', `/api/search/posts?keyword=${encodeURIComponent('곰취')}`)
    const isFound = async () => (await search()).body.data.content[0]?.id === postId
    expect(await eventually(isFound)).toBe(true)
    const activities = () => writer.ask('GET', '/api/member-activities')
    expect(
      await eventually(async () =>
        JSON.stringify((await activities()).body).includes('POST_CREATE'),
      ),
    ).toBe(true)

    const before = await pidsBeside()
    platform.kill('SIGKILL')
    await platform.ended
    expect(before.map(isAlive)).toEqual([true, true, true])
    platform = await startPlatformProcess({
      isFull: true,
      dataDir: platform.dataDir,
      port: platform.port,
    })
    expect(before.map(isAlive)).toEqual([false, false, false])
    expect(await eventually(isFound)).toBe(true)
  })

  test('the servers beside end with it', async () => {
    const pids = await pidsBeside()
    expect(pids.map(isAlive)).toEqual([true, true, true])
    expect(await platform.stop()).toBe(0)
    expect(pids.map(isAlive)).toEqual([false, false, false])
  })
})

import { mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { clusterWriteSwitch } from '@dailyfeed/platform/postgres/write-switch'
import type { RunningInstallation } from '@dailyfeed/platform/running-file'
import { afterEach, expect, test } from 'vitest'
import { eventually } from '../eventually.ts'
import { ask } from '../http-client.ts'
import { type PlatformProcess, startPlatformProcess } from '../platform-process.ts'
import { mountSmallDisk, type SmallDisk } from '../small-disk.ts'
import { type Member, newMember } from './client.ts'

let platform: PlatformProcess | undefined
let disk: SmallDisk | undefined

afterEach(async () => {
  await platform?.stop()
  disk?.unmount()
  platform = disk = undefined
})

const write = (member: Member) => ask(member, { url: '/api/posts', body: { content: 'kept?' } })
const isRefused = ({ status }: { status: number }) => status === 503

/** Every kind of page that a member looks at. */
const PAGES = [
  '/api/timeline/posts/followings',
  '/api/timeline/posts/most-popular',
  '/api/timeline/posts',
  '/api/members/profile',
  '/api/search/posts?keyword=kept',
  '/api/member-activities',
  '/api/notifications',
]

const readAll = async (member: Member) =>
  Promise.all(
    PAGES.map(async (url) => {
      const { status, body } = await ask(member, { url })
      return [url, status === 200 ? 200 : body]
    }),
  )
const ALL_ANSWERED = PAGES.map((url) => [url, 200])

async function expectRefusal(answer: Awaited<ReturnType<typeof write>>): Promise<void> {
  expect(answer.body).toMatchObject({ code: 'WRITES_UNAVAILABLE', statusCode: 503 })
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
}

test('while the database refuses writes, they are 503 with a sentence, and every page is read', async () => {
  platform = await startPlatformProcess()
  const member = await newMember({}, platform.url)
  expect((await write(member)).status).toBe(201)
  const { ownerUrl } = JSON.parse(
    await readFile(join(platform.dataDir, 'running.json'), 'utf8'),
  ) as RunningInstallation
  const writes = clusterWriteSwitch(() => ownerUrl)
  await writes.refuse()
  await expectRefusal(await eventually('writes are refused', () => write(member), isRefused))
  expect(await readAll(member)).toEqual(ALL_ANSWERED)
  await writes.accept()
  await eventually(
    'writes are accepted',
    () => write(member),
    ({ status }) => status === 201,
  )
})

// Where this user can mount a file system; `npm run test:disk` fills one by writes.
const canMount = mountSmallDisk(1)
canMount?.unmount()
if (canMount !== undefined)
  test.each([
    ['nearly full', 8_000_000],
    ['full to the last byte', 0],
  ])(
    'on a disk that is %s, writes are 503, reads go on, and both with space again',
    async (_how, free) => {
      disk = mountSmallDisk(400)
      if (disk === undefined) throw new Error('the disk could not be mounted')
      const dataDir = join(disk.folder, 'data')
      await mkdir(dataDir)
      platform = await startPlatformProcess({ dataDir })
      const member = await newMember({}, platform.url)
      await eventually(
        'the reserve is complete',
        () =>
          stat(join(dataDir, 'disk-reserve')).then(
            ({ size }) => size,
            () => 0,
          ),
        (size) => size === 32 * 1024 * 1024,
      )
      const acknowledged = [(await write(member)).body.data.id]
      disk.fillUpTo(free)
      // It is written before the first part of the reserve is given back.
      await eventually(
        'the log says so',
        () => platform?.output() ?? '',
        (text) => text.includes('no space left on the disk'),
      )
      await expectRefusal(await eventually('writes are refused', () => write(member), isRefused))
      for (let turn = 0; turn < 5; turn += 1) expect(await readAll(member)).toEqual(ALL_ANSWERED)
      disk.empty()
      const { body } = await eventually(
        'writes are accepted',
        () => write(member),
        ({ status }) => status === 201,
      )
      acknowledged.push(body.data.id)
      const found = await ask(member, {
        url: '/api/timeline/posts/query/list',
        body: { ids: acknowledged },
      })
      expect(found.body.data).toHaveLength(2)
      const lines = platform.output().split('\n')
      expect(lines.filter((line) => line.startsWith('no space left on the disk'))).toHaveLength(1)
      expect(lines.filter((line) => line.includes('has space again'))).toHaveLength(1)
      expect(lines.filter((line) => line.includes('ended unexpectedly'))).toEqual([])
    },
  )

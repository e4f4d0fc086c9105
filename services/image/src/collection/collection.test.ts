import { readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { INTERNAL_TOKEN } from '@dailyfeed/contract/headers'
import { ask } from '@dailyfeed/tests/http-client'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BATCH_TOKEN, type ImageFixture, imageFixture, MEMBER_TOKEN } from '../image-fixture.ts'
import { newImageId } from '../storage/image-store.ts'

let images: ImageFixture

beforeAll(async () => {
  images = await imageFixture()
})
afterAll(() => images.close())

const files = async () =>
  (await readdir(images.folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
const ageAll = async () => {
  const twoHoursAgo = new Date(Date.now() - 7_200_000)
  for (const path of await files()) await utimes(path, twoHoursAgo, twoHoursAgo)
}
const collect = async (token = BATCH_TOKEN) => {
  const { status, body } = await ask(images.client, {
    url: '/internal/jobs/imageCollectJob',
    body: {},
    headers: { [INTERNAL_TOKEN]: token },
  })
  return [status, body.code ?? body.data]
}

test('an empty store has nothing to collect', async () => {
  expect(await collect()).toEqual([200, { seen: 0, removed: 0, debris: 0 }])
})

test('old files without a row and unfinished writes are removed; images and recent files stay', async () => {
  const kept = (
    await images.upload(
      7,
      await sharp({ create: { width: 20, height: 20, channels: 3, background: 'teal' } })
        .png()
        .toBuffer(),
    )
  ).body.data
  const orphan = newImageId()
  await images.context.store.put(orphan, 'image', Buffer.from('left by a crash'))
  await images.context.store.put(orphan, 'thumbnail', Buffer.from('left by a crash'))
  const debris = join((await files())[0] ?? '', '..', `${newImageId()}.webp.unfinished.tmp`)
  await writeFile(debris, 'half')
  await ageAll()
  const young = newImageId()
  await images.context.store.put(young, 'image', Buffer.from('its row is about to commit'))

  expect(await collect()).toEqual([200, { seen: 2, removed: 1, debris: 1 }])
  expect(await images.context.store.find(orphan, 'image')).toBeUndefined()
  expect(await images.context.store.find(orphan, 'thumbnail')).toBeUndefined()
  expect(await images.context.store.find(young, 'image')).toBeDefined()
  expect((await images.view(kept)).status).toBe(200)
  expect(await collect()).toEqual([200, { seen: 1, removed: 0, debris: 0 }])
})

test('two simultaneous runs both succeed and remove every orphan', async () => {
  const orphans = Array.from({ length: 20 }, newImageId)
  for (const id of orphans) await images.context.store.put(id, 'image', Buffer.from('orphan'))
  await ageAll()
  const answers = await Promise.all([collect(), collect()])
  expect(answers.map(([status]) => status)).toEqual([200, 200])
  for (const id of orphans) expect(await images.context.store.find(id, 'image')).toBeUndefined()
})

test('only batch-svc may run the job', async () => {
  expect(await collect(MEMBER_TOKEN)).toEqual([403, 'MEMBER_FORBIDDEN'])
  expect(await collect('x'.repeat(40))).toEqual([401, 'MEMBER_UNAUTHORIZED'])
})

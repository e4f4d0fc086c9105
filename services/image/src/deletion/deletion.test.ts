import { readdir } from 'node:fs/promises'
import { INTERNAL_TOKEN } from '@dailyfeed/contract/headers'
import { ask } from '@dailyfeed/tests/http-client'
import sharp from 'sharp'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { BATCH_TOKEN, type ImageFixture, imageFixture, MEMBER_TOKEN } from '../image-fixture.ts'

const [MINJI, JUN] = [7, 8]
let images: ImageFixture
let png: Buffer
let mine: string
let theirs: string

beforeAll(async () => {
  images = await imageFixture()
  png = await sharp({ create: { width: 20, height: 20, channels: 3, background: 'teal' } })
    .png()
    .toBuffer()
})
beforeEach(async () => {
  mine = (await images.upload(MINJI, png)).body.data
  theirs = (await images.upload(JUN, png)).body.data
})
afterAll(() => images.close())

const remove = async (memberId: number, imageUrls: unknown, headers = {}) => {
  const { status, body } = await ask(images.client, {
    as: memberId,
    url: '/api/images/view/command/delete/in',
    body: { imageUrls },
    headers,
  })
  return [status, body.code ?? body.data]
}
const removeInternally = async (token: string, memberId: number, imageUrls: string[]) => {
  const { status, body } = await ask(images.client, {
    url: '/internal/images/delete',
    body: { memberId, imageUrls },
    headers: { [INTERNAL_TOKEN]: token },
  })
  return [status, body.code ?? body.data]
}
const statuses = (...ids: string[]) =>
  Promise.all(ids.map(async (id) => (await images.view(id)).status))
const filesOf = async (id: string) =>
  (await readdir(images.folder, { recursive: true })).filter((path) => path.includes(id))

test('an owner deletes images by id and by addresses of any form, with rows and files', async () => {
  const [second, third] = [
    (await images.upload(MINJI, png)).body.data,
    (await images.upload(MINJI, png)).body.data,
  ]
  expect(
    await remove(MINJI, [
      mine,
      `https://feed.example/api/images/view/${second}.webp?thumbnail=true`,
      `/api/proxy/images/view/${third}`,
    ]),
  ).toEqual([200, true])
  expect(await statuses(mine, second, third)).toEqual([404, 404, 404])
  expect([
    ...(await images.database
      .sql`select id from image.image where id = any(${[mine, second, third]})`),
  ]).toEqual([])
  expect(await filesOf(mine)).toEqual([])
})

test('a list with an image of another member is 403 MEMBER_FORBIDDEN and deletes nothing', async () => {
  expect(await remove(MINJI, [mine, theirs])).toEqual([403, 'MEMBER_FORBIDDEN'])
  expect(await statuses(mine, theirs)).toEqual([200, 200])
})

test('unknown, empty and already deleted addresses are ignored', async () => {
  expect(
    await remove(MINJI, ['no-image', '', '/', '../../etc/passwd', 'f'.repeat(32), mine, mine]),
  ).toEqual([200, true])
  expect(await remove(MINJI, [mine])).toEqual([200, true])
  expect(await statuses(mine, theirs)).toEqual([404, 200])
})

test('JSON labelled text/plain is accepted, and a body of the wrong form is 400', async () => {
  expect(await remove(MINJI, [mine], { 'content-type': 'text/plain;charset=UTF-8' })).toEqual([
    200,
    true,
  ])
  expect(await statuses(mine)).toEqual([404])
  for (const wrong of ['text', [1], Array(101).fill('a'), undefined])
    expect(await remove(MINJI, wrong)).toEqual([400, 'VALIDATION_FAILED'])
})

test('a form is refused with 415, and a request without a bearer with 401', async () => {
  expect(
    await remove(MINJI, [mine], { 'content-type': 'multipart/form-data; boundary=b' }),
  ).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE'])
  expect(await remove(MINJI, [mine], { authorization: '' })).toEqual([401, 'BEARER_TOKEN_MISSING'])
  expect(await statuses(mine)).toEqual([200])
})

test('member-svc deletes the images of the member, and others in the list are ignored', async () => {
  expect(await removeInternally(MEMBER_TOKEN, MINJI, [mine, theirs, 'no-image'])).toEqual([
    200,
    true,
  ])
  expect(await statuses(mine, theirs)).toEqual([404, 200])
})

test('only member-svc may use the internal deletion', async () => {
  expect(await removeInternally('x'.repeat(40), MINJI, [mine])).toEqual([
    401,
    'MEMBER_UNAUTHORIZED',
  ])
  expect(await removeInternally(BATCH_TOKEN, MINJI, [mine])).toEqual([403, 'MEMBER_FORBIDDEN'])
  expect(await statuses(mine)).toEqual([200])
})

test('an image whose file cannot be removed is no longer served', async () => {
  const { remove: removeFile } = images.context.store
  images.context.store.remove = () => Promise.reject(new Error('killed between row and file'))
  await remove(MINJI, [mine])
  images.context.store.remove = removeFile
  expect(await statuses(mine)).toEqual([404])
  expect(await filesOf(mine)).toHaveLength(2)
})

import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ImageFixture, imageFixture } from '../image-fixture.ts'

let images: ImageFixture
let id: string

beforeAll(async () => {
  images = await imageFixture()
  id = await uploadOne()
})
afterAll(() => images.close())

async function uploadOne(): Promise<string> {
  const png = await sharp({ create: { width: 300, height: 200, channels: 3, background: 'teal' } })
    .png()
    .toBuffer()
  return (await images.upload(7, png)).body.data
}
const pathOf = (name: string) =>
  join(images.folder, name.slice(0, 2), name.slice(2, 4), `${name}.webp`)

test('anybody may view an image, with headers that make it safe to show and to cache', async () => {
  const { status, headers, bytes } = await images.view(id)
  expect(status).toBe(200)
  expect(Object.fromEntries(headers)).toMatchObject({
    'content-type': 'image/webp',
    'content-length': String(bytes.length),
    'cache-control': 'public, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
    'cross-origin-resource-policy': 'cross-origin',
    etag: expect.stringMatching(/^"[0-9a-f]{64}"$/),
  })
  expect((await sharp(bytes).metadata()).width).toBe(300)
})

test('thumbnail=true serves the thumbnail with its own ETag', async () => {
  const [image, thumbnail, plain] = [
    await images.view(id),
    await images.view(id, { query: '?thumbnail=true' }),
    await images.view(id, { query: '?thumbnail=false' }),
  ]
  expect((await sharp(thumbnail.bytes).metadata()).width).toBe(150)
  expect(plain.bytes.equals(image.bytes)).toBe(true)
  expect(thumbnail.headers.get('etag')).not.toBe(image.headers.get('etag'))
  expect((await images.view(id, { query: '?thumbnail=perhaps' })).status).toBe(400)
})

test('an extension behind the id is ignored', async () => {
  for (const name of [`${id}.webp`, `${id}.png`, `${id}.tar.gz`])
    expect((await images.view(name)).status).toBe(200)
})

test('If-None-Match with the ETag is 304 without a body, and with another one 200', async () => {
  const etag = String((await images.view(id)).headers.get('etag'))
  for (const tags of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const { status, bytes, headers } = await images.view(id, { headers: { 'if-none-match': tags } })
    expect([tags, status, bytes.length, headers.get('etag'), headers.get('cache-control')]).toEqual(
      [tags, 304, 0, etag, 'public, max-age=31536000, immutable'],
    )
  }
  expect((await images.view(id, { headers: { 'if-none-match': '"other"' } })).status).toBe(200)
  expect(
    (await images.view(id, { query: '?thumbnail=true', headers: { 'if-none-match': etag } }))
      .status,
  ).toBe(200)
})

test('HEAD answers with the headers of GET and no body', async () => {
  const [get, head] = [await images.view(id), await images.view(id, { method: 'HEAD' })]
  expect([head.status, head.bytes.length]).toEqual([200, 0])
  for (const name of [
    'content-type',
    'content-length',
    'etag',
    'cache-control',
    'content-security-policy',
  ])
    expect(head.headers.get(name)).toBe(get.headers.get(name))
})

test('ids that are unknown, malformed or paths are 404 IMAGE_NOT_FOUND with no-store', async () => {
  const nearly = [
    id.toUpperCase(),
    id.slice(1),
    `${id}0`,
    `${id}-thumbnail`,
    `..%2f${id}`,
    `%20${id}`,
  ]
  const odd = [
    ...nearly,
    '0'.repeat(32),
    'no-image',
    'favicon.ico',
    `%2e%2e%2f%2e%2e%2fetc%2fpasswd`,
    '..%5c..%5cwindows',
    '%2fetc%2fpasswd',
    '.env',
    `a${'b'.repeat(300)}`,
    '%C3%A9',
  ]
  for (const name of odd) {
    const { status, bytes, headers } = await images.view(name)
    expect([name, status, JSON.parse(bytes.toString()).code, headers.get('cache-control')]).toEqual(
      [name, 404, 'IMAGE_NOT_FOUND', 'no-store'],
    )
  }
  for (const name of [`${id}%00`, `..%2f..%00`, '%zz'])
    expect((await images.view(name)).status).toBe(400)
  for (const name of ['../../etc/passwd', `x/${id}`, ''])
    expect((await images.view(name)).status).toBe(404)
})

test('an image whose file is missing is 404', async () => {
  const lost = await uploadOne()
  await rm(pathOf(lost))
  const { status, bytes } = await images.view(lost)
  expect([status, JSON.parse(bytes.toString()).code]).toEqual([404, 'IMAGE_NOT_FOUND'])
})

test('a symbolic link in the store is not followed', async () => {
  const target = join(images.folder, 'outside.txt')
  await writeFile(target, 'outside')
  const replaced = await uploadOne()
  await rm(pathOf(replaced))
  await symlink(target, pathOf(replaced))
  expect((await images.view(replaced)).status).toBe(404)
  const withoutRow = 'ab'.repeat(16)
  await mkdir(join(images.folder, 'ab', 'ab'), { recursive: true })
  await symlink(target, pathOf(withoutRow))
  expect((await images.view(withoutRow)).status).toBe(404)
})

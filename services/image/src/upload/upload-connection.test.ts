import { readdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { MAX_IMAGE_BYTES } from '@dailyfeed/contract/limits'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ImageFixture, imageFixture } from '../image-fixture.ts'

let images: ImageFixture
let url: string
let authorization: string

beforeAll(async () => {
  images = await imageFixture()
  url = await images.app.listen({ host: '127.0.0.1', port: 0 })
  authorization = await images.tokens.bearerOf(7)
})
afterAll(() => images.close())

const formOf = (bytes: Buffer) => {
  const form = new FormData()
  form.set('image', new Blob([new Uint8Array(bytes)]), 'photo.png')
  return form
}
const post = (body: BodyInit) =>
  fetch(`${url}/api/images/upload`, { method: 'POST', headers: { authorization }, body })

test('over a real connection an upload is 201, and one that is too large is told so, the connection usable after', async () => {
  const png = await sharp({ create: { width: 20, height: 20, channels: 3, background: 'teal' } })
    .png()
    .toBuffer()
  expect((await post(formOf(png))).status).toBe(201)
  const answer = await post(formOf(Buffer.alloc(MAX_IMAGE_BYTES + 500_000)))
  expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
    413,
    'PAYLOAD_TOO_LARGE',
  ])
  expect((await post(formOf(png))).status).toBe(201)
})

test('an upload that breaks off half-way leaves no row, no file and a service that goes on', async () => {
  const count = async () => [
    (await images.database.sql`select from image.image`).length,
    (await readdir(images.folder, { recursive: true })).length,
  ]
  const before = await count()
  const { port } = new URL(url)
  for (let n = 0; n < 5; n++) {
    const socket = connect(Number(port), '127.0.0.1')
    socket.write(
      `POST /api/images/upload HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: 100000\r\n\r\n`,
    )
    socket.write(
      `--b\r\ncontent-disposition: form-data; name="image"; filename="a.png"\r\n\r\n${'x'.repeat(50_000)}`,
    )
    await setTimeout(30)
    socket.destroy()
  }
  await setTimeout(200)
  expect(await count()).toEqual(before)
  expect((await fetch(`${url}/healthz/ready`)).status).toBe(200)
})

test('an upload has a minute to arrive', () => {
  expect(images.app.server.requestTimeout).toBe(60_000)
})

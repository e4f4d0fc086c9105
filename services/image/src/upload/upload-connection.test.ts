import { readdir } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { MAX_IMAGE_BYTES } from '@dailyfeed/contract/limits'
import { eventually } from '@dailyfeed/tests/eventually'
import { ask, clientAt, type HttpClient } from '@dailyfeed/tests/http-client'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ImageFixture, imageFixture } from '../image-fixture.ts'

let images: ImageFixture
let image: Buffer
let url: string
let client: HttpClient
let authorization: string

beforeAll(async () => {
  images = await imageFixture()
  url = await images.app.listen({ host: '127.0.0.1', port: 0 })
  client = clientAt(url)
  authorization = await images.tokens.bearerOf(7)
  image = await sharp({ create: { width: 20, height: 20, channels: 3, background: 'teal' } })
    .png()
    .toBuffer()
})
afterAll(() => images.close())

const upload = (bytes: Buffer) => {
  const form = new FormData()
  form.set('image', new Blob([new Uint8Array(bytes)]), 'photo.png')
  return ask(client, { as: authorization, url: '/api/images/upload', body: form })
}

test('an upload over a real connection is 201, a too large one 413, and the connection stays usable', async () => {
  expect((await upload(image)).status).toBe(201)
  const { status, body } = await upload(Buffer.alloc(MAX_IMAGE_BYTES + 500_000))
  expect([status, body.code]).toEqual([413, 'PAYLOAD_TOO_LARGE'])
  expect((await upload(image)).status).toBe(201)
})

test('an interrupted upload leaves no row, no file and a working service', async () => {
  const count = async () => [
    (await images.database.sql`select from image.image`).length,
    (await readdir(images.folder, { recursive: true })).length,
  ]
  const { server } = images.app
  let [received, open] = [0, 0]
  server.on('request', ({ socket }: IncomingMessage) => {
    received += 1
    open += 1
    socket.once('close', () => {
      open -= 1
    })
  })
  const before = await count()
  for (let n = 0; n < 5; n++) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.write(
      `POST /api/images/upload HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: 100000\r\n\r\n`,
    )
    socket.write(
      `--b\r\ncontent-disposition: form-data; name="image"; filename="a.png"\r\n\r\n${'x'.repeat(50_000)}`,
    )
    await eventually('the upload has begun', () => received > n)
    socket.destroy()
  }
  await eventually('every interrupted connection is closed', () => open === 0)
  expect((await upload(image)).status).toBe(201)
  // Only the complete upload is stored: one row, and two files in two new folders.
  const [rows = 0, entries = 0] = before
  expect(await count()).toEqual([rows + 1, expect.any(Number)])
  expect((await count())[1]).toBeLessThanOrEqual(entries + 4)
  expect((await ask(client, { url: '/healthz/ready' })).status).toBe(200)
})

test('an upload may take one minute', () => {
  expect(images.app.server.requestTimeout).toBe(60_000)
})

import { connect } from 'node:net'
import { MAX_IMAGE_BYTES } from '@dailyfeed/contract/limits'
import { eventually } from '@dailyfeed/tests/eventually'
import { ask, clientAt } from '@dailyfeed/tests/http-client'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ImageFixture, imageFixture } from '../image-fixture.ts'
import { MAX_UPLOAD_BYTES } from './multipart-image.ts'

let images: ImageFixture
let url: string

beforeAll(async () => {
  // Room for one upload of the largest size.
  images = await imageFixture({ IMAGE_UPLOAD_BYTES_MAX: String(MAX_UPLOAD_BYTES) })
  url = await images.app.listen({ host: '127.0.0.1', port: 0 })
})
afterAll(() => images.close())

const bytesHeld = async () =>
  Number(/^image_upload_bytes\S* (\d+)$/m.exec(await images.app.metrics.metrics())?.[1])

async function upload(memberId: number): Promise<[status: number, retryAfter: string | null]> {
  const image = await sharp({ create: { width: 9, height: 9, channels: 3, background: 'teal' } })
    .png()
    .toBuffer()
  const form = new FormData()
  form.set('image', new Blob([new Uint8Array(image)]), 'photo.png')
  const as = await images.tokens.bearerOf(memberId)
  const { status, headers } = await ask(clientAt(url), {
    as,
    url: '/api/images/upload',
    body: form,
  })
  return [status, headers.get('retry-after')]
}

test('the bytes of an upload are reserved before they arrive, and released with its end', async () => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.write(
    `POST /api/images/upload HTTP/1.1\r\nHost: x\r\nAuthorization: ${await images.tokens.bearerOf(1)}\r\n` +
      `Content-Type: multipart/form-data; boundary=b\r\nContent-Length: ${MAX_IMAGE_BYTES}\r\n\r\n--b\r\n`,
  )
  await eventually('its bytes are reserved', async () => (await bytesHeld()) === MAX_IMAGE_BYTES)
  // The rest has room for small uploads only, of this member and of others.
  expect(await upload(2)).toEqual([201, null])
  const large = `POST /api/images/upload HTTP/1.1\r\nHost: x\r\nAuthorization: ${await images.tokens.bearerOf(2)}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: ${MAX_IMAGE_BYTES}\r\n\r\n`
  const other = connect(Number(new URL(url).port), '127.0.0.1')
  let answer = ''
  other.on('data', (chunk) => {
    answer += chunk
  })
  other.write(large)
  await eventually('another large one is refused', () => answer !== '')
  expect(answer).toMatch(/^HTTP\/1.1 503 [\s\S]*retry-after: 2\r\n/i)
  other.destroy()
  socket.destroy()
  await eventually('its bytes are released', async () => (await bytesHeld()) === 0)
  expect(await upload(1)).toEqual([201, null])
})

import { randomBytes, randomUUID } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { MAX_IMAGE_BYTES } from '@dailyfeed/contract/limits'
import { ask } from '@dailyfeed/tests/http-client'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ImageFixture, imageFixture } from '../image-fixture.ts'
import { flatBmp } from '../processing/bmp-fixture.ts'

const MINJI = 7
const ORANGE = { r: 180, g: 130, b: 90 }
let images: ImageFixture

beforeAll(async () => {
  images = await imageFixture()
})
afterAll(() => images.close())

const flat = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: ORANGE } })
const uploaded = async (bytes: Buffer) => {
  const { status, body } = await images.upload(MINJI, bytes)
  expect([status, body.code]).toEqual([201, undefined])
  return body.data as string
}
const stored = async (id: string, query = '') => (await images.view(id, { query })).bytes
const rows = async () =>
  (await images.database.sql<[{ n: number }]>`select count(*)::int as n from image.image`)[0].n

/** The mean colour of the picture is nearly the given one: compression, and CMYK even more, changes it a little. */
async function expectColour(bytes: Buffer, { r, g, b }: typeof ORANGE) {
  const { channels } = await sharp(bytes).stats()
  const means = channels.slice(0, 3).map(({ mean }) => mean)
  for (const [n, value] of [r, g, b].entries())
    expect(Math.abs((means[n] ?? 0) - value)).toBeLessThan(12)
}

test.each([
  ['JPEG', () => flat(800, 400).jpeg().toBuffer()],
  ['progressive JPEG', () => flat(800, 400).jpeg({ progressive: true }).toBuffer()],
  ['CMYK JPEG', () => flat(800, 400).toColourspace('cmyk').jpeg().toBuffer()],
  ['PNG', () => flat(800, 400).png().toBuffer()],
  ['16-bit PNG', () => flat(800, 400).toColourspace('rgb16').png().toBuffer()],
  ['PNG with a palette', () => flat(800, 400).png({ palette: true }).toBuffer()],
  ['interlaced PNG', () => flat(800, 400).png({ progressive: true }).toBuffer()],
  ['GIF', () => flat(800, 400).gif().toBuffer()],
  ['WebP', () => flat(800, 400).webp().toBuffer()],
  ['BMP', async () => flatBmp(800, 400, [ORANGE.r, ORANGE.g, ORANGE.b])],
])('%s becomes a WebP of at most 500 × 500 and a thumbnail of 150 × 150', async (_name, make) => {
  const id = await uploaded(await make())
  const [image, thumbnail] = [await stored(id), await stored(id, '?thumbnail=true')]
  expect(await sharp(image).metadata()).toMatchObject({ format: 'webp', width: 500, height: 250 })
  expect(await sharp(thumbnail).metadata()).toMatchObject({
    format: 'webp',
    width: 150,
    height: 150,
  })
  await expectColour(image, ORANGE)
  await expectColour(thumbnail, ORANGE)
})

test('a small image is not enlarged, and its owner and size are recorded', async () => {
  const id = await uploaded(await flat(40, 30).png().toBuffer())
  const image = await stored(id)
  expect(await sharp(image).metadata()).toMatchObject({ width: 40, height: 30 })
  const [row] = await images.database
    .sql`select owner_id, width, height, bytes from image.image where id = ${id}`
  expect(row).toEqual({ owner_id: MINJI, width: 40, height: 30, bytes: image.length })
})

test('transparency is preserved', async () => {
  const id = await uploaded(
    await sharp({
      create: { width: 60, height: 60, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0 } },
    })
      .png()
      .toBuffer(),
  )
  expect((await sharp(await stored(id)).stats()).isOpaque).toBe(false)
})

test('a photograph taken sideways is stored upright', async () => {
  const left = await sharp({ create: { width: 200, height: 200, channels: 3, background: 'red' } })
    .png()
    .toBuffer()
  const sideways = await flat(400, 200)
    .composite([{ input: left, left: 0, top: 0 }])
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer()
  const image = await stored(await uploaded(sideways))
  expect(await sharp(image).metadata()).toMatchObject({ width: 200, height: 400 })
  // Turned clockwise, the left half is the upper one.
  await expectColour(
    await sharp(image).extract({ left: 20, top: 20, width: 100, height: 100 }).png().toBuffer(),
    { r: 255, g: 0, b: 0 },
  )
})

test('a stored image has no location, camera, comment or profile', async () => {
  const secret = 'secret-place-51.5'
  const photo = await flat(300, 300)
    .withExif({
      IFD0: { Copyright: secret, Make: secret },
      IFD3: {
        GPSLatitudeRef: 'N',
        GPSLatitude: '51/1 30/1 0/1',
        GPSLongitudeRef: 'W',
        GPSLongitude: '0/1 7/1 0/1',
      },
    })
    .withXmp(
      `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="${secret}"/></rdf:RDF></x:xmpmeta>`,
    )
    .jpeg()
    .toBuffer()
  expect(photo.includes(secret)).toBe(true)
  const id = await uploaded(photo)
  for (const bytes of [await stored(id), await stored(id, '?thumbnail=true')]) {
    const { exif, xmp, iptc, icc, orientation } = await sharp(bytes).metadata()
    expect({ exif, xmp, iptc, icc, orientation }).toEqual({})
    expect([secret, 'EXIF', 'XMP ', 'GPS'].filter((word) => bytes.includes(word))).toEqual([])
  }
})

test('data after the image in a file is not stored', async () => {
  const marker = '<script>alert(1)</script>'
  for (const image of [
    await flat(100, 100).jpeg().toBuffer(),
    await flat(100, 100).png().toBuffer(),
    await flat(100, 100).gif().toBuffer(),
    flatBmp(100, 100, [1, 2, 3]),
  ]) {
    const id = await uploaded(Buffer.concat([image, Buffer.from(`PK\x03\x04${marker}`)]))
    for (const bytes of [await stored(id), await stored(id, '?thumbnail=true')])
      expect(bytes.includes('alert')).toBe(false)
  }
})

test('the first bytes decide the format of a file, not its name or declared type', async () => {
  const png = await flat(50, 50).png().toBuffer()
  expect(
    (await images.upload(MINJI, png, { filename: '../../evil.php', type: 'text/html' })).status,
  ).toBe(201)
  const svg =
    '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script><image href="file:///etc/passwd"/></svg>'
  const others: Record<string, Buffer> = {
    svg: Buffer.from(svg),
    html: Buffer.from('<!doctype html><html><body>BM</body></html>'),
    pdf: Buffer.from('%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj'),
    php: Buffer.from("<?php system($_GET['c']); ?>"),
    tiff: await flat(50, 50).tiff().toBuffer(),
    avif: await flat(50, 50).avif().toBuffer(),
    'text that begins as a BMP does': Buffer.from('BMW is a maker of cars in Munich'),
    'RIFF that is sound': Buffer.from('RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00'),
  }
  for (const [name, bytes] of Object.entries(others)) {
    const { status, body } = await images.upload(MINJI, bytes, {
      filename: 'photo.png',
      type: 'image/png',
    })
    expect([name, status, body.code]).toEqual([name, 400, 'INVALID_IMAGE_SIGNATURE'])
  }
})

test('empty, tiny and broken files are refused with their own codes, and nothing is stored', async () => {
  const before = await rows()
  const png = await flat(400, 400).png().toBuffer()
  const jpeg = await sharp(randomBytes(300 * 300 * 3), {
    raw: { width: 300, height: 300, channels: 3 },
  })
    .jpeg()
    .toBuffer()
  for (const [bytes, code] of [
    [Buffer.alloc(0), 'EMPTY_IMAGE_FILE'],
    [png.subarray(0, 8), 'FILE_TOO_SMALL'],
    [png.subarray(0, 40), 'CORRUPTED_IMAGE'],
    [png.subarray(0, png.length / 2), 'CORRUPTED_IMAGE'],
    [jpeg.subarray(0, jpeg.length / 2), 'CORRUPTED_IMAGE'],
    [flatBmp(50, 50, [1, 2, 3]).subarray(0, 500), 'CORRUPTED_IMAGE'],
    [Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), randomBytes(500)]), 'CORRUPTED_IMAGE'],
  ] as const) {
    const { status, body } = await images.upload(MINJI, bytes)
    expect([status, body.code]).toEqual([400, code])
  }
  expect(await rows()).toBe(before)
})

test('exactly 10 MiB are accepted, and one byte more is 413 PAYLOAD_TOO_LARGE', async () => {
  const png = await flat(50, 50).png().toBuffer()
  const padded = (size: number) => Buffer.concat([png, Buffer.alloc(size - png.length)])
  expect((await images.upload(MINJI, padded(MAX_IMAGE_BYTES))).status).toBe(201)
  for (const size of [MAX_IMAGE_BYTES + 1, MAX_IMAGE_BYTES + 1_000_000]) {
    const { status, body } = await images.upload(MINJI, padded(size))
    expect([status, body.code]).toEqual([413, 'PAYLOAD_TOO_LARGE'])
  }
})

test('a form without the field image is 400 VALIDATION_FAILED and names the field', async () => {
  const { status, body } = await images.upload(MINJI, await flat(50, 50).png().toBuffer(), {
    field: 'file',
  })
  expect([status, body.code, body.errors[0].field]).toEqual([400, 'VALIDATION_FAILED', 'image'])
})

test('a body that is not a form is 415, and a malformed form is 400', async () => {
  const send = async (type: string, form: string) => {
    const { status, body } = await ask(images.client, {
      as: MINJI,
      url: '/api/images/upload',
      body: form,
      headers: { 'content-type': type },
    })
    return [status, body.code]
  }
  expect(await send('application/json', '{"image":"x"}')).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE'])
  expect(await send('image/png', 'x')).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE'])
  expect(await send('multipart/form-data', 'x')).toEqual([400, 'VALIDATION_FAILED'])
  expect(
    await send(
      'multipart/form-data; boundary=b',
      '--b\r\ncontent-disposition: form-data; name="image"; filename="a"\r\n\r\nhalf',
    ),
  ).toEqual([400, 'VALIDATION_FAILED'])
  expect(
    await send(
      'multipart/form-data; boundary=b',
      '--b\r\ncontent-disposition: form-data; name="image"\r\n\r\ntext\r\n--b--\r\n',
    ),
  ).toEqual([400, 'VALIDATION_FAILED'])
  const many = Array.from(
    { length: 10_000 },
    (_, n) => `--b\r\ncontent-disposition: form-data; name="f${n}"\r\n\r\n1\r\n`,
  ).join('')
  expect((await send('multipart/form-data; boundary=b', `${many}--b--\r\n`))[0]).toBe(413)
  const twice =
    `--b\r\ncontent-disposition: form-data; name="image"; filename="a"\r\n\r\n${'x'.repeat(50)}\r\n`.repeat(
      2,
    )
  expect((await send('multipart/form-data; boundary=b', `${twice}--b--\r\n`))[0]).toBe(413)
})

test('both upload paths accept images, and every id is a different 128-bit number', async () => {
  const png = await flat(20, 20).png().toBuffer()
  const answers = [
    await images.upload(MINJI, png),
    await images.upload(MINJI, png, { url: '/api/images/upload' }),
    await images.upload(MINJI, png, { url: '/api/images/upload/' }),
  ]
  expect(answers.map(({ status, body }) => [status, body.status, body.result])).toEqual(
    Array(3).fill([201, 201, 'SUCCESS']),
  )
  for (const { body } of answers) expect(body.data).toMatch(/^[0-9a-f]{32}$/)
  expect(new Set(answers.map(({ body }) => body.data)).size).toBe(3)
})

test('a token expired for less than 24 h may upload; an older or revoked one may not', async () => {
  const png = await flat(20, 20).png().toBuffer()
  const expiredFor = (seconds: number, claims = {}) => {
    const exp = Math.floor(Date.now() / 1_000) - seconds
    return images.tokens.bearerOf(MINJI, { iat: exp - 900, nbf: exp - 900, exp, ...claims })
  }
  const attempt = async (authorization: string) => {
    const { status, body, headers } = await images.upload(MINJI, png, { authorization })
    return [
      status,
      body.code,
      headers.get('x-token-refresh-needed'),
      headers.get('x-relogin-required'),
    ]
  }
  expect(await attempt(await expiredFor(86_000))).toEqual([201, undefined, null, null])
  expect(await attempt(await expiredFor(86_500))).toEqual([401, 'JWT_EXPIRED', 'true', null])
  const sid = randomUUID()
  images.tokens.revocations.revoke({ sessionId: sid, expiresAt: Date.now() / 1_000 + 900 })
  expect(await attempt(await expiredFor(60, { sid }))).toEqual([
    401,
    'MEMBER_UNAUTHORIZED',
    null,
    'true',
  ])
  expect(await attempt('')).toEqual([401, 'BEARER_TOKEN_MISSING', null, null])
  const deletion = await ask(images.client, {
    as: await expiredFor(60),
    url: '/api/images/view/command/delete/in',
    body: { imageUrls: [] },
  })
  expect([deletion.status, deletion.body.code]).toEqual([401, 'JWT_EXPIRED'])
})

test('beyond the hourly quota an upload is 429 with Retry-After, for that member only', async () => {
  const limited = await imageFixture({ RATE_LIMIT: 'on', IMAGE_UPLOADS_PER_HOUR: '3' })
  try {
    const png = await flat(20, 20).png().toBuffer()
    const answers = []
    for (let n = 0; n < 4; n++) answers.push(await limited.upload(MINJI, png))
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 429])
    expect(answers[3]?.body.code).toBe('TOO_MANY_REQUEST')
    expect(Number(answers[3]?.headers.get('retry-after'))).toBeGreaterThan(3_500)
    expect(answers.map(({ headers }) => headers.get('ratelimit-policy'))).toEqual(
      Array(4).fill('"default";q=3;w=3600'),
    )
    expect(
      answers.map(
        ({ headers }) => /^"default";r=(\d);t=\d+$/.exec(String(headers.get('ratelimit')))?.[1],
      ),
    ).toEqual(['2', '1', '0', '0'])
    expect((await limited.upload(8, png)).status).toBe(201)
  } finally {
    await limited.close()
  }
})

test('an upload while the database accepts no writes is 503 and leaves no file', async () => {
  const readOnly = await imageFixture()
  try {
    const { sql, ownerUrl } = readOnly.database
    const name = new URL(ownerUrl).pathname.slice(1)
    // For connections that are opened from now on.
    await sql.unsafe(`alter database ${name} set default_transaction_read_only = on`)
    const { status, body, headers } = await readOnly.upload(
      MINJI,
      await flat(20, 20).png().toBuffer(),
    )
    expect([status, body.code, headers.get('retry-after')]).toEqual([
      503,
      'WRITES_UNAVAILABLE',
      '15',
    ])
    const files = await readdir(readOnly.folder, { recursive: true })
    expect(files.filter((file) => file.includes('.'))).toEqual([])
  } finally {
    await readOnly.close()
  }
})

test('an upload to a full disk is 503 with Retry-After and leaves no row', async () => {
  const before = await rows()
  const { put } = images.context.store
  images.context.store.put = () =>
    Promise.reject(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }))
  try {
    const { status, body, headers } = await images.upload(
      MINJI,
      await flat(20, 20).png().toBuffer(),
    )
    expect([status, body.code, headers.get('retry-after')]).toEqual([
      503,
      'SERVICE_UNAVAILABLE',
      '2',
    ])
  } finally {
    images.context.store.put = put
  }
  expect(await rows()).toBe(before)
})

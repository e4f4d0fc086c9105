import sharp from 'sharp'
import { expect, test } from 'vitest'
import { decodeBmpOrThrow } from './bmp.ts'
import { bmpOf, flatBmp } from './bmp-fixture.ts'
import { readBmpHeaderOrThrow } from './bmp-header.ts'

const RED = [255, 0, 0] as const
const GREEN = [0, 255, 0] as const
const BLUE = [0, 0, 255] as const
const BLACK = [0, 0, 0] as const

const decode = (bytes: Buffer) => decodeBmpOrThrow(bytes, readBmpHeaderOrThrow(bytes), 1_000)
const pixelsOf = async (bytes: Buffer) => {
  const { data, channels } = await decode(bytes)
  return Array.from({ length: data.length / channels }, (_, n) => [
    ...data.subarray(n * channels, (n + 1) * channels),
  ])
}
const uint16 = (...values: number[]) => Buffer.from(new Uint16Array(values).buffer)
const uint32 = (...values: number[]) => Buffer.from(new Uint32Array(values).buffer)

test('rows of a BMP run from the bottom, or from the top when its height is negative', async () => {
  const pixels = Buffer.from([0, 0, 255, 0, 0, 255, 0, 0])
  expect(await pixelsOf(bmpOf({ width: 1, height: 2, bits: 24, pixels }))).toEqual([
    [...GREEN],
    [...RED],
  ])
  expect(await pixelsOf(bmpOf({ width: 1, height: -2, bits: 24, pixels }))).toEqual([
    [...RED],
    [...GREEN],
  ])
})

test('BMPs of 1, 4 and 8 bits per pixel use their palette, at odd widths too', async () => {
  const palette = [BLACK, RED, GREEN, BLUE]
  const rows = [[...RED], [...GREEN], [...BLUE], [...BLUE], [...GREEN], [...RED]]
  expect(
    await pixelsOf(
      bmpOf({
        width: 3,
        height: -2,
        bits: 4,
        palette,
        pixels: Buffer.from([0x12, 0x30, 0, 0, 0x32, 0x10, 0, 0]),
      }),
    ),
  ).toEqual(rows)
  expect(
    await pixelsOf(
      bmpOf({
        width: 3,
        height: -2,
        bits: 8,
        palette,
        pixels: Buffer.from([1, 2, 3, 0, 3, 2, 1, 0]),
      }),
    ),
  ).toEqual(rows)
  expect(
    await pixelsOf(
      bmpOf({
        width: 3,
        height: -1,
        bits: 1,
        palette: [BLACK, RED],
        pixels: Buffer.from([0b10100000, 0, 0, 0]),
      }),
    ),
  ).toEqual([[...RED], [...BLACK], [...RED]])
})

test('BMPs of 16 and 32 bits per pixel use their masks', async () => {
  expect(
    await pixelsOf(bmpOf({ width: 2, height: 1, bits: 16, pixels: uint16(0x7c00, 0x001f) })),
  ).toEqual([[...RED], [...BLUE]])
  expect(
    await pixelsOf(
      bmpOf({
        width: 2,
        height: 1,
        bits: 16,
        compression: 3,
        masks: [0xf800, 0x07e0, 0x001f],
        pixels: uint16(0xf800, 0x07e0),
      }),
    ),
  ).toEqual([[...RED], [...GREEN]])
  expect(
    await pixelsOf(bmpOf({ width: 1, height: 1, bits: 32, pixels: uint32(0x00ff0000) })),
  ).toEqual([[...RED]])
  const withAlpha = {
    width: 1,
    height: 1,
    bits: 32,
    compression: 6,
    masks: [0xff0000, 0xff00, 0xff, 0xff000000],
  }
  expect(await pixelsOf(bmpOf({ ...withAlpha, pixels: uint32(0x80ff0000) }))).toEqual([
    [...RED, 128],
  ])
})

test('a BMP whose alpha is 0 everywhere is opaque', async () => {
  const bytes = bmpOf({
    width: 1,
    height: 1,
    bits: 32,
    compression: 6,
    masks: [0xff0000, 0xff00, 0xff, 0xff000000],
    pixels: uint32(0x00ff0000),
  })
  expect(await pixelsOf(bytes)).toEqual([[...RED, 255]])
})

test('run-length encoded BMPs are unpacked: runs, literal pixels, line ends and jumps', async () => {
  const palette = [BLACK, RED, GREEN, BLUE]
  const rle8 = Buffer.from([2, 1, 1, 2, 0, 0, 0, 3, 3, 2, 1, 0, 0, 1])
  expect(
    await pixelsOf(bmpOf({ width: 3, height: 2, bits: 8, compression: 1, palette, pixels: rle8 })),
  ).toEqual([[...BLUE], [...GREEN], [...RED], [...RED], [...RED], [...GREEN]])
  const rle4 = Buffer.from([3, 0x12, 0, 0, 0, 2, 1, 0, 1, 0x30, 0, 1])
  expect(
    await pixelsOf(bmpOf({ width: 3, height: 2, bits: 4, compression: 2, palette, pixels: rle4 })),
  ).toEqual([[...BLACK], [...BLUE], [...BLACK], [...RED], [...GREEN], [...RED]])
})

test('pixels are read from the offset in the header', async () => {
  expect(
    await pixelsOf(
      bmpOf({ width: 1, height: 1, bits: 24, pixels: Buffer.from([0, 0, 255, 0]), gap: 24 }),
    ),
  ).toEqual([[...RED]])
})

test('a BMP that is truncated, has no pixels or is of an unknown kind is refused', async () => {
  const whole = flatBmp(10, 10, RED)
  await expect(decode(whole.subarray(0, -40))).rejects.toThrow(/ends before/)
  await expect(
    decode(bmpOf({ width: 3, height: 2, bits: 8, compression: 1, pixels: Buffer.from([3, 1]) })),
  ).rejects.toThrow(/ends before/)
  for (const parts of [
    { width: 0, height: 1, bits: 24 },
    { width: -5, height: 1, bits: 24 },
    { width: 1, height: 1, bits: 3 },
    { width: 1, height: 1, bits: 8, compression: 4 },
  ]) {
    expect(() => readBmpHeaderOrThrow(bmpOf({ ...parts, pixels: Buffer.alloc(4) }))).toThrow(/BMP/)
  }
})

test('hostile runs take no longer than as many honest ones, and yield to the event loop', async () => {
  const [width, height] = [5_000, 5_000]
  // 2 million runs of 255 pixels: twenty times as many pixels as the header states, all of them in the first row.
  const hostile = Buffer.alloc(4_000_000)
  for (let at = 0; at < hostile.length; at += 2) hostile.set([255, 1], at)
  // The same picture, whose runs fill every row.
  const row = Buffer.from([...Array.from({ length: 20 }, () => [250, 1]).flat(), 0, 0])
  const honest = Buffer.concat(Array.from({ length: height }, () => row))
  const end = Buffer.from([0, 1])
  const timeOf = async (runs: Buffer) => {
    const pixels = Buffer.concat([runs, end])
    const bytes = bmpOf({ width, height, bits: 8, compression: 1, pixels })
    const startedAt = performance.now()
    await decode(bytes)
    return performance.now() - startedAt
  }
  const honestTime = await timeOf(honest)
  let turns = 0
  const clock = setInterval(() => turns++, 1)
  const hostileTime = await timeOf(hostile)
  clearInterval(clock)
  expect(hostileTime).toBeLessThan(5 * honestTime)
  expect(turns).toBeGreaterThan(10)
}, 120_000)

test('a large BMP is shrunk as sharp shrinks it, upside down and with alpha too', async () => {
  const [width, height] = [230, 131]
  const smooth = (x: number, y: number) => [
    Math.round(128 + 127 * Math.sin(x / 9)),
    Math.round(128 + 127 * Math.cos(y / 7)),
    (x * y) % 256,
  ]
  const upright = Buffer.from(
    Array.from({ length: width * height }, (_, n) =>
      smooth(n % width, Math.floor(n / width)),
    ).flat(),
  )
  const stride = Math.ceil((width * 3) / 4) * 4
  const stored = Buffer.alloc(stride * height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let channel = 0; channel < 3; channel++)
        stored[y * stride + x * 3 + 2 - channel] = upright[(y * width + x) * 3 + channel] ?? 0
  const bytes = bmpOf({ width, height: -height, bits: 24, pixels: stored })
  const small = await decodeBmpOrThrow(bytes, readBmpHeaderOrThrow(bytes), 46)
  expect(small).toMatchObject({ width: 46, height: 27, channels: 3 })
  const whole = await sharp(upright.subarray(0, 230 * 130 * 3), {
    raw: { width, height: 130, channels: 3 },
  })
    .resize(46, 26, { kernel: 'linear', fit: 'fill' })
    .raw()
    .toBuffer()
  const difference =
    whole.reduce((sum, value, at) => sum + Math.abs(value - (small.data[at] ?? 0)), 0) /
    whole.length
  expect(difference).toBeLessThan(6)

  const turned = bmpOf({ width, height, bits: 24, pixels: stored })
  const upsideDown = await decodeBmpOrThrow(turned, readBmpHeaderOrThrow(turned), 46)
  const flipped = await sharp(upright, { raw: { width, height, channels: 3 } })
    .flip()
    .raw()
    .toBuffer()
  expect(upsideDown.data[0]).toBe(Math.round(meanOf(flipped, width, 5, 0)))

  const withAlpha = {
    width: 4,
    height: -4,
    bits: 32,
    compression: 6,
    masks: [0xff0000, 0xff00, 0xff, 0xff000000],
  }
  const half = bmpOf({
    ...withAlpha,
    pixels: uint32(
      ...Array.from({ length: 16 }, (_, n) => (n % 2 === 0 ? 0xffff0000 : 0x0000ff00)),
    ),
  })
  // Transparent pixels contribute no colour.
  expect([...(await decodeBmpOrThrow(half, readBmpHeaderOrThrow(half), 1)).data]).toEqual([
    ...RED,
    128,
  ])
})

test('a large run-length encoded BMP is shrunk in the same way, with its jumps', async () => {
  const runs = Buffer.from([8, 1, 0, 0, 8, 1, 0, 0, 0, 2, 4, 2, 4, 2, 0, 0, 8, 3, 0, 1])
  const bytes = bmpOf({
    width: 8,
    height: 8,
    bits: 8,
    compression: 1,
    palette: [BLACK, RED, GREEN, BLUE],
    pixels: runs,
  })
  const { data, width, height } = await decodeBmpOrThrow(bytes, readBmpHeaderOrThrow(bytes), 4)
  expect([width, height]).toEqual([4, 4])
  const rows = Array.from({ length: 4 }, (_, y) =>
    Array.from({ length: 4 }, (_, x) => [...data.subarray((y * 4 + x) * 3, (y * 4 + x) * 3 + 3)]),
  )
  const [darkBlue, darkCyan] = [
    [0, 0, 128],
    [0, 128, 128],
  ]
  expect(rows).toEqual([
    [BLACK, BLACK, BLACK, BLACK],
    [darkBlue, darkBlue, darkCyan, darkCyan],
    [BLACK, BLACK, BLACK, BLACK],
    [RED, RED, RED, RED],
  ])
})

/** The mean of one channel over the first square. */
function meanOf(data: Buffer, width: number, factor: number, channel: number): number {
  let sum = 0
  for (let y = 0; y < factor; y++)
    for (let x = 0; x < factor; x++) sum += data[(y * width + x) * 3 + channel] ?? 0
  return sum / (factor * factor)
}

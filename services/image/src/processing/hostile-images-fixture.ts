import { randomBytes } from 'node:crypto'
import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { bmpOf, flatBmp } from './bmp-fixture.ts'

export interface HostileImage {
  name: string
  bytes: Buffer
  /** The code of the answer to an upload, or ACCEPTED. */
  expected: 'CORRUPTED_IMAGE' | 'INVALID_IMAGE_SIGNATURE' | 'FILE_TOO_SMALL' | 'ACCEPTED'
}

const PNG_SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(data.length, 0)
  frame.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
}

/** A PNG of one bit per pixel; without `pixels` the file ends behind its header. */
function pngOf(
  width: number,
  height: number,
  options: { extra?: Buffer[]; pixels?: boolean } = {},
): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.writeUInt8(1, 8)
  const pixels =
    options.pixels === false
      ? []
      : [chunk('IDAT', deflateSync(Buffer.alloc(height * (1 + Math.ceil(width / 8)))))]
  return Buffer.concat([
    PNG_SIGNATURE,
    chunk('IHDR', header),
    ...(options.extra ?? []),
    ...pixels,
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** A GIF of `frames` frames, each with the data of a single pixel. */
function gifOf(width: number, height: number, frames: number): Buffer {
  const header = Buffer.alloc(13)
  header.write('GIF89a')
  header.writeUInt16LE(width, 6)
  header.writeUInt16LE(height, 8)
  header.writeUInt8(0x80, 10)
  const frame = Buffer.from([
    0x21, 0xf9, 4, 0, 1, 0, 0, 0, 0x2c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 0x44, 1, 0,
  ])
  frame.writeUInt16LE(width, 13)
  frame.writeUInt16LE(height, 15)
  return Buffer.concat([
    header,
    Buffer.from([0, 0, 0, 255, 255, 255]),
    ...Array(frames).fill(frame),
    Buffer.from([0x3b]),
  ])
}

const flat = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: 'teal' } })

/** Files that attack by size, by number, by truncation, or by a false signature. */
export async function hostileImages(): Promise<HostileImage[]> {
  const noise = await sharp(randomBytes(400 * 400 * 3), {
    raw: { width: 400, height: 400, channels: 3 },
  })
    .jpeg()
    .toBuffer()
  const [png, gif, webp] = [
    await flat(300, 300).png().toBuffer(),
    await flat(300, 300).gif().toBuffer(),
    await flat(300, 300).webp().toBuffer(),
  ]
  const frames = await Promise.all(
    Array.from({ length: 1_000 }, (_, n) =>
      sharp({
        create: { width: 200, height: 200, channels: 3, background: { r: n % 256, g: 0, b: 0 } },
      })
        .png()
        .toBuffer(),
    ),
  )
  const animated = await sharp(frames, { join: { animated: true } })
    .webp({ effort: 0 })
    .toBuffer()
  const comment = (bytes: number) =>
    chunk(
      'zTXt',
      Buffer.concat([Buffer.from('Comment\0\0'), deflateSync(Buffer.alloc(bytes, 'A'))]),
    )
  const profile = chunk(
    'iCCP',
    Buffer.concat([Buffer.from('profile\0\0'), deflateSync(Buffer.alloc(100_000_000))]),
  )
  const jpegWith = (at: number, value: number) => {
    const copy = Buffer.from(noise)
    copy.writeUInt16BE(value, noise.indexOf(Buffer.from([0xff, 0xc0])) + at)
    return copy
  }
  const bmpWith = (at: number, value: number) => {
    const copy = flatBmp(10, 10, [1, 2, 3])
    copy.writeUInt32LE(value, at)
    return copy
  }
  const corrupted: Record<string, Buffer> = {
    'PNG of 14000 × 14000': pngOf(14_000, 14_000),
    'PNG of 25,000,001 pixels': pngOf(25_000_001, 1),
    'PNG of 25 megapixels in one row': pngOf(25_000_000, 1),
    'PNG whose header says 65535 × 65535': pngOf(65_535, 65_535, { pixels: false }),
    'PNG whose header says 2147483647 × 2147483647': pngOf(2_147_483_647, 2_147_483_647, {
      pixels: false,
    }),
    'interlaced PNG of 25 megapixels, 16 bits deep': await flat(5_000, 5_000)
      .ensureAlpha()
      .toColourspace('rgb16')
      .png({ progressive: true, compressionLevel: 1 })
      .toBuffer(),
    'PNG without pixels': pngOf(100, 100, { pixels: false }),
    'PNG of no width': pngOf(0, 100, { pixels: false }),
    'PNG cut off in its middle': png.subarray(0, png.length >> 1),
    'PNG signature and nonsense': Buffer.concat([PNG_SIGNATURE, randomBytes(2_000)]),
    'PNG signature before an SVG': Buffer.concat([
      PNG_SIGNATURE,
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'),
    ]),
    'JPEG whose header says 65500 × 65500': Buffer.from(jpegWith(5, 65_500)).fill(
      0xff,
      noise.indexOf(Buffer.from([0xff, 0xc0])) + 7,
      noise.indexOf(Buffer.from([0xff, 0xc0])) + 8,
    ),
    'JPEG of no height': jpegWith(5, 0),
    'JPEG cut off in its middle': noise.subarray(0, noise.length >> 1),
    'JPEG cut off behind its header': noise.subarray(0, 600),
    'JPEG marker and nonsense': Buffer.concat([
      Buffer.from([0xff, 0xd8, 0xff]),
      randomBytes(2_000),
    ]),
    'JPEG marker before HTML': Buffer.concat([
      Buffer.from([0xff, 0xd8, 0xff]),
      Buffer.from('<html><script>alert(1)</script></html>'),
    ]),
    'GIF whose header says 65535 × 65535': gifOf(65_535, 65_535, 1),
    'GIF without a frame': gifOf(10, 10, 0),
    'GIF signature before JavaScript': Buffer.from('GIF89a=1;alert(document.domain)//'),
    'WebP cut off in its middle': webp.subarray(0, webp.length >> 1),
    'WebP signature and nonsense': Buffer.concat([
      Buffer.from('RIFF\xff\xff\x00\x00WEBPVP8 ', 'latin1'),
      randomBytes(2_000),
    ]),
    'BMP whose header says 65535 × 65535': bmpOf({
      width: 65_535,
      height: 65_535,
      bits: 1,
      pixels: Buffer.alloc(100),
    }),
    'BMP whose header says 2147483647 × -2147483648': bmpOf({
      width: 2_147_483_647,
      height: -2_147_483_648,
      bits: 24,
      pixels: Buffer.alloc(100),
    }),
    'BMP cut off in its middle': flatBmp(100, 100, [1, 2, 3]).subarray(0, 15_000),
    'BMP of no width': bmpOf({ width: 0, height: 10, bits: 24, pixels: Buffer.alloc(100) }),
    'BMP of negative width': bmpOf({
      width: -10,
      height: 10,
      bits: 24,
      pixels: Buffer.alloc(1_000),
    }),
    'BMP whose pixels begin behind its end': bmpWith(10, 4_294_967_295),
    'BMP with a header of a strange size': bmpWith(14, 16),
    'BMP that holds a JPEG': bmpOf({
      width: 10,
      height: 10,
      bits: 24,
      compression: 4,
      pixels: noise,
    }),
    'BMP of runs that never end': bmpOf({
      width: 5_000,
      height: 5_000,
      bits: 8,
      compression: 1,
      pixels: Buffer.alloc(2_000_000, 2),
    }),
    'BMP that is a bare header': flatBmp(10, 10, [1, 2, 3]).subarray(0, 20),
  }
  const accepted: Record<string, Buffer> = {
    'PNG of 25 megapixels': pngOf(5_000, 5_000),
    'PNG of 25 megapixels, 65,535 wide': pngOf(65_535, 381),
    'interlaced PNG of 25 megapixels': await flat(5_000, 5_000)
      .png({ progressive: true })
      .toBuffer(),
    'progressive JPEG of 25 megapixels': await flat(5_000, 5_000)
      .jpeg({ progressive: true, chromaSubsampling: '4:4:4' })
      .toBuffer(),
    'WebP of 25 megapixels': await flat(5_000, 5_000).webp().toBuffer(),
    'GIF of 25 megapixels': gifOf(5_000, 5_000, 1),
    'GIF of 10,000 frames': gifOf(100, 100, 10_000),
    'WebP of 1,000 frames': animated,
    'one-bit BMP of 25 megapixels': bmpOf({
      width: 5_000,
      height: 5_000,
      bits: 1,
      palette: [
        [0, 0, 0],
        [255, 255, 255],
      ],
      pixels: Buffer.alloc(628 * 5_000, 0x55),
    }),
    'run-length encoded BMP of 25 megapixels': bmpOf({
      width: 5_000,
      height: 5_000,
      bits: 8,
      compression: 1,
      palette: [[9, 9, 9]],
      pixels: Buffer.from([0, 1]),
    }),
    'BMP that names four thousand million colours': bmpWith(46, 4_294_967_295),
    'PNG with a comment that decompresses to 100 MB': pngOf(100, 100, {
      extra: [comment(100_000_000)],
    }),
    'PNG with 1,000 comments that decompress to 7 MB each': pngOf(100, 100, {
      extra: Array(1_000).fill(comment(7_000_000)),
    }),
    'PNG with a profile that decompresses to 100 MB': pngOf(100, 100, { extra: [profile] }),
    'GIF with a ZIP behind it': Buffer.concat([gif, Buffer.from('PK\x03\x04'), randomBytes(5_000)]),
  }
  const listOf = (images: Record<string, Buffer>, expected: HostileImage['expected']) =>
    Object.entries(images).map(([name, bytes]) => ({ name, bytes, expected }))
  return [...listOf(corrupted, 'CORRUPTED_IMAGE'), ...listOf(accepted, 'ACCEPTED')]
}

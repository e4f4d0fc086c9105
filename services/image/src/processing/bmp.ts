import { setImmediate } from 'node:timers/promises'
import { type BmpHeader, RGB, RLE8 } from './bmp-header.ts'

export interface RawImage {
  data: Buffer
  width: number
  height: number
  channels: 1 | 2 | 3 | 4
}

/** Pixels between two pauses: about a millisecond of work. */
const PIXELS_A_TURN = 1 << 18

/**
 * Decodes a BMP, which sharp does not read. Takes memory by `width × height`: judge these first. Lets others work in
 * between. Throws an Error when pixels are missing.
 */
export async function decodeBmpOrThrow(bytes: Buffer, header: BmpHeader): Promise<RawImage> {
  const { width, height, bitsPerPixel, masks, topDown } = header
  const channels = bitsPerPixel > 8 && masks.alpha !== 0 ? 4 : 3
  const stored =
    header.compression === RGB ? { rows: storedRowsOrThrow(bytes, header), bits: bitsPerPixel } : { rows: await unpackRunsOrThrow(bytes, header), bits: 8 }
  const readRow = stored.bits > 8 ? directReader(header, channels) : paletteReader(paletteOf(bytes, header), stored.bits, width)
  const data = Buffer.alloc(width * height * channels)
  const pauses = pauseEvery(PIXELS_A_TURN)
  for (let row = 0; row < height; row++) {
    readRow(stored.rows(row), data, (topDown ? row : height - 1 - row) * width * channels)
    await pauses(width)
  }
  if (channels === 4) showWhollyTransparent(data)
  return { data, width, height, channels }
}

type RowSource = (row: number) => Buffer
type RowReader = (row: Buffer, to: Buffer, at: number) => void

function storedRowsOrThrow(bytes: Buffer, { width, height, bitsPerPixel, pixelsAt }: BmpHeader): RowSource {
  const used = Math.ceil((width * bitsPerPixel) / 8)
  const stride = Math.ceil(used / 4) * 4
  if (pixelsAt + stride * (height - 1) + used > bytes.length) throw new Error('the BMP ends before its last pixel')
  return (row) => bytes.subarray(pixelsAt + row * stride, pixelsAt + row * stride + used)
}

/** Red, green and blue of all 256 values; what the file does not name is black. */
function paletteOf(bytes: Buffer, { palette: { at, entries, entryBytes } }: BmpHeader): Uint8Array {
  const colours = new Uint8Array(256 * 3)
  for (let entry = 0; entry < entries; entry++) {
    const from = at + entry * entryBytes
    if (from + 3 > bytes.length) break
    colours.set([bytes.readUInt8(from + 2), bytes.readUInt8(from + 1), bytes.readUInt8(from)], entry * 3)
  }
  return colours
}

function paletteReader(colours: Uint8Array, bits: number, width: number): RowReader {
  const perByte = 8 / bits
  const mask = 2 ** bits - 1
  return (row, to, at) => {
    for (let x = 0; x < width; x++) {
      const byte = row[Math.floor(x / perByte)] ?? 0
      const colour = ((byte >> (8 - bits - (x % perByte) * bits)) & mask) * 3
      to[at++] = colours[colour] ?? 0
      to[at++] = colours[colour + 1] ?? 0
      to[at++] = colours[colour + 2] ?? 0
    }
  }
}

function directReader({ width, bitsPerPixel, masks }: BmpHeader, channels: 3 | 4): RowReader {
  const bytesPerPixel = bitsPerPixel / 8
  const parts = [masks.red, masks.green, masks.blue, masks.alpha].slice(0, channels).map(partOf)
  return (row, to, at) => {
    for (let x = 0; x < width; x++) {
      const pixel = row.readUIntLE(x * bytesPerPixel, bytesPerPixel)
      for (const { mask, shift, scale } of parts) to[at++] = Math.round(((pixel & mask) >>> shift) * scale)
    }
  }
}

/** How a colour's bits become 0 to 255. */
function partOf(mask: number) {
  const shift = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask)
  return { mask, shift, scale: mask === 0 ? 0 : 255 / (mask >>> shift) }
}

/** Many programs state an alpha mask and leave all alpha 0; nobody means an image that cannot be seen. */
function showWhollyTransparent(data: Buffer): void {
  for (let at = 3; at < data.length; at += 4) if (data[at] !== 0) return
  for (let at = 3; at < data.length; at += 4) data[at] = 255
}

/** Run-length encoded pixels, one byte each. Runs past a row's end are cut, so the work is bounded by pixels and bytes. */
async function unpackRunsOrThrow(bytes: Buffer, { width, height, pixelsAt, compression }: BmpHeader): Promise<RowSource> {
  const pixels = Buffer.alloc(width * height)
  const pauses = pauseEvery(PIXELS_A_TURN)
  const isRle8 = compression === RLE8
  let [at, x, y] = [pixelsAt, 0, 0]
  const put = (value: number) => {
    if (x < width) pixels[y * width + x++] = value
  }
  while (y < height) {
    if (at + 2 > bytes.length) throw new Error('the BMP ends before its last run')
    const [count, value] = [bytes.readUInt8(at++), bytes.readUInt8(at++)]
    await pauses(Math.max(count, 1))
    if (count > 0) {
      for (let n = 0; n < count && x < width; n++) put(isRle8 ? value : n % 2 === 0 ? value >> 4 : value & 15)
    } else if (value === 0) {
      x = 0
      y++
    } else if (value === 1) {
      break
    } else if (value === 2) {
      if (at + 2 > bytes.length) throw new Error('the BMP ends before its last run')
      x += bytes.readUInt8(at++)
      y += bytes.readUInt8(at++)
    } else {
      const length = isRle8 ? value : Math.ceil(value / 2)
      if (at + length > bytes.length) throw new Error('the BMP ends before its last run')
      for (let n = 0; n < value; n++)
        put(isRle8 ? bytes.readUInt8(at + n) : n % 2 === 0 ? bytes.readUInt8(at + (n >> 1)) >> 4 : bytes.readUInt8(at + (n >> 1)) & 15)
      at += length + (length % 2)
    }
  }
  return (row) => pixels.subarray(row * width, (row + 1) * width)
}

function pauseEvery(amount: number) {
  let done = 0
  return (more: number): Promise<void> | undefined => {
    done += more
    if (done < amount) return undefined
    done = 0
    return setImmediate()
  }
}

import type { BmpHeader } from './bmp-header.ts'
import { storedRowsOf } from './bmp-rows.ts'
import { BoxShrink, type Channels } from './box-shrink.ts'

export interface RawImage {
  data: Buffer
  width: number
  height: number
  channels: 1 | 2 | 3 | 4
}

/**
 * Decodes a BMP, which sharp does not read. What is at least twice as large as `keepSide` is shrunk by a whole factor on
 * the way, its longer side never below `keepSide`: of a picture of 25 megapixels no more than a few megabytes are held.
 * Lets others work in between. Throws an Error when pixels are missing.
 */
export async function decodeBmpOrThrow(
  bytes: Buffer,
  header: BmpHeader,
  keepSide: number,
): Promise<RawImage> {
  const { width, height, bitsPerPixel, masks, topDown } = header
  const channels = bitsPerPixel > 8 && masks.alpha !== 0 ? 4 : 3
  // Known before the first row, since colours are weighted by their alpha.
  const isOpaque = channels === 4 && (await isWhollyTransparent(bytes, header))
  const stored = storedRowsOf(bytes, header)
  const readRow =
    stored.bits > 8
      ? directReader(header, channels)
      : paletteReader(paletteOf(bytes, header), stored.bits, width)
  const shrink = new BoxShrink({
    width,
    height,
    channels,
    factor: Math.max(1, Math.floor(Math.max(width, height) / keepSide)),
  })
  const pixels = Buffer.alloc(width * channels)
  let read = 0
  for await (const row of stored.rows) {
    readRow(row, pixels)
    if (isOpaque) makeOpaque(pixels)
    shrink.addRow(topDown ? read : height - 1 - read, pixels)
    read++
  }
  return { data: shrink.finish(), width: shrink.width, height: shrink.height, channels }
}

type RowReader = (row: Buffer, to: Buffer) => void

/** Red, green and blue of all 256 values; what the file does not name is black. */
function paletteOf(bytes: Buffer, { palette: { at, entries, entryBytes } }: BmpHeader): Uint8Array {
  const colours = new Uint8Array(256 * 3)
  for (let entry = 0; entry < entries; entry++) {
    const from = at + entry * entryBytes
    if (from + 3 > bytes.length) break
    colours.set(
      [bytes.readUInt8(from + 2), bytes.readUInt8(from + 1), bytes.readUInt8(from)],
      entry * 3,
    )
  }
  return colours
}

function paletteReader(colours: Uint8Array, bits: number, width: number): RowReader {
  const perByte = 8 / bits
  const mask = 2 ** bits - 1
  return (row, to) => {
    for (let x = 0, at = 0; x < width; x++) {
      const byte = row[Math.floor(x / perByte)] ?? 0
      const colour = ((byte >> (8 - bits - (x % perByte) * bits)) & mask) * 3
      to[at++] = colours[colour] ?? 0
      to[at++] = colours[colour + 1] ?? 0
      to[at++] = colours[colour + 2] ?? 0
    }
  }
}

function directReader({ width, bitsPerPixel, masks }: BmpHeader, channels: Channels): RowReader {
  const bytesPerPixel = bitsPerPixel / 8
  const parts = [masks.red, masks.green, masks.blue, masks.alpha].slice(0, channels).map(partOf)
  return (row, to) => {
    for (let x = 0, at = 0; x < width; x++) {
      const pixel = row.readUIntLE(x * bytesPerPixel, bytesPerPixel)
      for (const { mask, shift, scale } of parts)
        to[at++] = Math.round(((pixel & mask) >>> shift) * scale)
    }
  }
}

/** How a colour's bits become 0 to 255. */
function partOf(mask: number) {
  const shift = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask)
  return { mask, shift, scale: mask === 0 ? 0 : 255 / (mask >>> shift) }
}

/** Many programs state an alpha mask and leave all alpha 0; nobody means an image that cannot be seen. */
async function isWhollyTransparent(bytes: Buffer, header: BmpHeader): Promise<boolean> {
  const bytesPerPixel = header.bitsPerPixel / 8
  for await (const row of storedRowsOf(bytes, header).rows) {
    for (let at = 0; at + bytesPerPixel <= row.length; at += bytesPerPixel)
      if ((row.readUIntLE(at, bytesPerPixel) & header.masks.alpha) !== 0) return false
  }
  return true
}

function makeOpaque(pixels: Buffer): void {
  for (let at = 3; at < pixels.length; at += 4) pixels[at] = 255
}

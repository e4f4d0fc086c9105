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
 * Decodes a BMP, which sharp does not read. A picture at least twice as large as `keepSide` is shrunk by
 * a whole factor while it is read, so that one of 25 megapixels needs a few megabytes; its longer side
 * never falls below `keepSide`. Yields to the event loop. Throws an Error when pixels are missing.
 *
 * The library bmp-ts (1.0.9) would hold 100 MB for such a picture and block the event loop for 0.6 s.
 */
export async function decodeBmpOrThrow(
  bytes: Buffer,
  header: BmpHeader,
  keepSide: number,
): Promise<RawImage> {
  const { width, height, bitsPerPixel, masks, topDown } = header
  const channels = bitsPerPixel > 8 && masks.alpha !== 0 ? 4 : 3
  // Needed before the first row, since colours are weighted by their alpha.
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

/** Red, green and blue of all 256 values; values that the file does not define are black. */
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
  const sources = [masks.red, masks.green, masks.blue, masks.alpha]
    .slice(0, channels)
    .map(channelOf)
  return (row, to) => {
    for (let x = 0, at = 0; x < width; x++) {
      const pixel = row.readUIntLE(x * bytesPerPixel, bytesPerPixel)
      for (const { mask, shift, scale } of sources)
        to[at++] = Math.round(((pixel & mask) >>> shift) * scale)
    }
  }
}

/** How the masked bits of a channel become 0 to 255. */
function channelOf(mask: number) {
  const shift = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask)
  return { mask, shift, scale: mask === 0 ? 0 : 255 / (mask >>> shift) }
}

/** Many programs write an alpha mask and leave every alpha 0, but mean a visible image. */
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

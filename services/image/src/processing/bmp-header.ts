export interface BmpHeader {
  width: number
  height: number
  /** Whether the first row of the file is the topmost; usually it is the lowest. */
  topDown: boolean
  bitsPerPixel: number
  compression: number
  /** Where the pixels begin. */
  pixelsAt: number
  palette: { at: number; entries: number; entryBytes: 3 | 4 }
  masks: { red: number; green: number; blue: number; alpha: number }
}

export const RGB = 0
export const RLE8 = 1
export const RLE4 = 2
const BITFIELDS = 3
const ALPHA_BITFIELDS = 6

const FILE_HEADER_BYTES = 14
/** The size of the oldest second header, with 16-bit sides. All later ones begin like the one of 40 bytes. */
const CORE_HEADER_BYTES = 12
const INFO_HEADER_BYTES = 40
/** The size of the first header that has an alpha mask. */
const V3_HEADER_BYTES = 56

/** Reads and checks the header before any pixel is read. Throws an Error that says what is wrong with it. */
export function readBmpHeaderOrThrow(bytes: Buffer): BmpHeader {
  const headerBytes = bytes.readUInt32LE(FILE_HEADER_BYTES)
  const pixelsAt = bytes.readUInt32LE(10)
  if (headerBytes === CORE_HEADER_BYTES) {
    const [width, height, bitsPerPixel] = [
      bytes.readUInt16LE(18),
      bytes.readUInt16LE(20),
      bytes.readUInt16LE(24),
    ]
    const palette = { at: 26, entries: entriesOf(bitsPerPixel, 0), entryBytes: 3 as const }
    return checkedOrThrow({
      width,
      height,
      topDown: false,
      bitsPerPixel,
      compression: RGB,
      pixelsAt,
      palette,
      masks: defaultMasks(bitsPerPixel),
    })
  }
  if (headerBytes < INFO_HEADER_BYTES) throw new Error('the BMP has a header of an unknown kind')
  const rawHeight = bytes.readInt32LE(22)
  const bitsPerPixel = bytes.readUInt16LE(28)
  const compression = bytes.readUInt32LE(30)
  const hasMasks = compression === BITFIELDS || compression === ALPHA_BITFIELDS
  const hasAlphaMask = compression === ALPHA_BITFIELDS || headerBytes >= V3_HEADER_BYTES
  const masksBehindHeader =
    headerBytes > INFO_HEADER_BYTES || !hasMasks ? 0 : compression === BITFIELDS ? 12 : 16
  return checkedOrThrow({
    width: bytes.readInt32LE(18),
    height: Math.abs(rawHeight),
    topDown: rawHeight < 0,
    bitsPerPixel,
    compression: hasMasks ? RGB : compression,
    pixelsAt,
    palette: {
      at: FILE_HEADER_BYTES + headerBytes + masksBehindHeader,
      entries: entriesOf(bitsPerPixel, bytes.readUInt32LE(46)),
      entryBytes: 4,
    },
    masks: hasMasks
      ? {
          red: bytes.readUInt32LE(54),
          green: bytes.readUInt32LE(58),
          blue: bytes.readUInt32LE(62),
          alpha: hasAlphaMask ? bytes.readUInt32LE(66) : 0,
        }
      : defaultMasks(bitsPerPixel),
  })
}

const entriesOf = (bitsPerPixel: number, stated: number) =>
  bitsPerPixel > 8 ? 0 : Math.min(stated === 0 ? 256 : stated, 2 ** bitsPerPixel)

const defaultMasks = (bitsPerPixel: number) =>
  bitsPerPixel === 16
    ? { red: 0x7c00, green: 0x03e0, blue: 0x001f, alpha: 0 }
    : { red: 0xff0000, green: 0x00ff00, blue: 0x0000ff, alpha: 0 }

const DEPTHS: Record<number, readonly number[]> = {
  [RGB]: [1, 4, 8, 16, 24, 32],
  [RLE8]: [8],
  [RLE4]: [4],
}

function checkedOrThrow(header: BmpHeader): BmpHeader {
  const { width, height, bitsPerPixel, compression } = header
  if (width < 1 || height < 1) throw new Error('the BMP has no pixels')
  if (DEPTHS[compression]?.includes(bitsPerPixel) !== true)
    throw new Error(`a BMP of ${bitsPerPixel} bits and compression ${compression} is not supported`)
  return header
}

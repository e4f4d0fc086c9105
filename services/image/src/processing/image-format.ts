export type ImageFormat = 'jpeg' | 'png' | 'gif' | 'bmp' | 'webp'

/** As long as the longest signature, WebP's. No image is shorter. */
export const MIN_IMAGE_BYTES = 12

/** Sizes of the second header of a BMP. `BM` alone begins many a text. */
const BMP_HEADER_SIZES = new Set([12, 16, 40, 52, 56, 64, 108, 124])

/** The first bytes decide; names and declared types are only what a client says. Undefined for anything not accepted. */
export function findImageFormat(bytes: Buffer): ImageFormat | undefined {
  const startsWith = (text: string, at = 0) =>
    bytes.toString('latin1', at, at + text.length) === text
  if (startsWith('\xff\xd8\xff')) return 'jpeg'
  if (startsWith('\x89PNG\r\n\x1a\n')) return 'png'
  if (startsWith('GIF87a') || startsWith('GIF89a')) return 'gif'
  if (startsWith('RIFF') && startsWith('WEBP', 8)) return 'webp'
  if (startsWith('BM') && bytes.length >= 18 && BMP_HEADER_SIZES.has(bytes.readUInt32LE(14)))
    return 'bmp'
  return undefined
}

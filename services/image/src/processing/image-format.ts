export type ImageFormat = 'jpeg' | 'png' | 'gif' | 'bmp' | 'webp'

/** The length of the longest signature, that of WebP. No image is shorter. */
export const MIN_IMAGE_BYTES = 12

/** The possible sizes of a BMP's second header. They are checked because many texts begin with `BM`. */
const BMP_HEADER_SIZES = new Set([12, 16, 40, 52, 56, 64, 108, 124])

/**
 * The format by the first bytes: file names and declared types are claims of the client. Undefined for
 * every format that is not accepted.
 */
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

import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { Sharp } from 'sharp'
import { decodeBmpOrThrow, type RawImage } from './bmp.ts'
import { readBmpHeaderOrThrow } from './bmp-header.ts'
import { findImageFormat, type ImageFormat, MIN_IMAGE_BYTES } from './image-format.ts'
import { withoutPngComments } from './png-chunks.ts'
import { sharpLibrary } from './sharp-library.ts'
import { WorkQueue } from './work-queue.ts'

/** The area is checked before a pixel is decoded, since a small PNG can decompress to gigabytes. */
const MAX_PIXELS = 25_000_000
/** The longest side of any JPEG. A single row of 25 megapixels would be held in memory several times. */
const MAX_SOURCE_SIDE = 65_535
/** An interlaced PNG is held as a whole. Other images need at most four bytes for each of the most pixels. */
const MAX_HELD_BYTES = 4 * MAX_PIXELS
const MAX_SIDE = 500
const THUMBNAIL_SIDE = 150
const MAX_DECODE_SECONDS = 5
const QUALITY = 82

/** Two ordinary images at once, or one of the largest, so that the memory of one large image suffices. */
export const decodingQueue = () => new WorkQueue({ capacity: MAX_PIXELS, maxQueued: 40 })

export interface ProcessedImage {
  /** WebP, its sides at most 500. */
  image: Buffer
  /** WebP, 150 × 150. */
  thumbnail: Buffer
  width: number
  height: number
}

/**
 * Creates both pictures from the pixels alone, upright: metadata and data after the image are not kept.
 * Throws EMPTY_IMAGE_FILE, FILE_TOO_SMALL, INVALID_IMAGE_SIGNATURE, CORRUPTED_IMAGE (unreadable, or over
 * 25 megapixels), SERVICE_UNAVAILABLE (the queue is full) or IMAGE_PROCESSING_FAIL.
 */
export async function processImageOrThrow(
  decoding: WorkQueue,
  sent: Buffer,
): Promise<ProcessedImage> {
  const format = getImageFormatOrThrow(sent)
  const bytes = format === 'png' ? withoutPngComments(sent) : sent
  const { width, height, heldBytes } = await corruptedUnless(() => readSize(bytes, format))
  if (
    width * height > MAX_PIXELS ||
    Math.max(width, height) > MAX_SOURCE_SIDE ||
    heldBytes > MAX_HELD_BYTES
  )
    throw new DailyfeedError('CORRUPTED_IMAGE')
  return decoding.run(Math.max(width * height, MAX_PIXELS / 2), async () => {
    const small = await corruptedUnless(() => decodeSmall(bytes, format))
    try {
      return await encode(small)
    } catch (error) {
      throw new DailyfeedError('IMAGE_PROCESSING_FAIL', { cause: error })
    }
  })
}

function getImageFormatOrThrow(bytes: Buffer): ImageFormat {
  if (bytes.length === 0) throw new DailyfeedError('EMPTY_IMAGE_FILE')
  if (bytes.length < MIN_IMAGE_BYTES) throw new DailyfeedError('FILE_TOO_SMALL')
  const format = findImageFormat(bytes)
  if (format === undefined) throw new DailyfeedError('INVALID_IMAGE_SIGNATURE')
  return format
}

async function corruptedUnless<Result>(read: () => Promise<Result>): Promise<Result> {
  try {
    return await read()
  } catch (error) {
    throw new DailyfeedError('CORRUPTED_IMAGE', { cause: error })
  }
}

interface SourceSize {
  width: number
  height: number
  /** Bytes that decoding holds at once; 0 where rows are decoded one after the other. */
  heldBytes: number
}

/** Reads the header alone. */
async function readSize(bytes: Buffer, format: ImageFormat): Promise<SourceSize> {
  if (format === 'bmp') return { ...readBmpHeaderOrThrow(bytes), heldBytes: 0 }
  const { width, height, channels, depth, isProgressive } = await (await open(bytes)).metadata()
  const isHeld = format === 'png' && isProgressive
  return {
    width,
    height,
    heldBytes: isHeld ? width * height * channels * (depth === 'ushort' ? 2 : 1) : 0,
  }
}

/** Decodes once, to the pixels of the larger picture. */
async function decodeSmall(bytes: Buffer, format: ImageFormat): Promise<RawImage> {
  const source =
    format === 'bmp'
      ? await openRaw(await decodeBmpOrThrow(bytes, readBmpHeaderOrThrow(bytes), 2 * MAX_SIDE))
      : await open(bytes)
  const { data, info } = await source
    .autoOrient()
    .resize(MAX_SIDE, MAX_SIDE, { fit: 'inside', withoutEnlargement: true })
    .timeout({ seconds: MAX_DECODE_SECONDS })
    .raw()
    .toBuffer({ resolveWithObject: true })
  return { data, width: info.width, height: info.height, channels: info.channels }
}

async function encode(small: RawImage): Promise<ProcessedImage> {
  const image = await (await openRaw(small)).webp({ quality: QUALITY }).toBuffer()
  const thumbnail = await (await openRaw(small))
    .resize(THUMBNAIL_SIDE, THUMBNAIL_SIDE, { fit: 'cover' })
    .webp({ quality: QUALITY })
    .toBuffer()
  return { image, thumbnail, width: small.width, height: small.height }
}

/**
 * Opens the first frame of an animation. Refuses truncated files, but not the harmless irregularities
 * that phones write.
 */
const open = async (bytes: Buffer): Promise<Sharp> =>
  (await sharpLibrary())(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'error', pages: 1 })

const openRaw = async ({ data, width, height, channels }: RawImage): Promise<Sharp> =>
  (await sharpLibrary())(data, { raw: { width, height, channels } })

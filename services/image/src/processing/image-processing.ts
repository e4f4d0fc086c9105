import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { Sharp } from 'sharp'
import { decodeBmpOrThrow, type RawImage } from './bmp.ts'
import { readBmpHeaderOrThrow } from './bmp-header.ts'
import { findImageFormat, type ImageFormat, MIN_IMAGE_BYTES } from './image-format.ts'
import { withoutPngComments } from './png-chunks.ts'
import { sharpLibrary } from './sharp-library.ts'
import { WorkQueue } from './work-queue.ts'

/** A small PNG can unfold to gigabytes: what counts is the area, judged before a pixel is decoded. */
const MAX_PIXELS = 25_000_000
/** No JPEG is longer. One row of 25 megapixels would be held several times over. */
const MAX_SOURCE_SIDE = 65_535
/** A PNG in passes is held whole; four bytes for each of the most pixels is as much as any other image takes. */
const MAX_HELD_BYTES = 4 * MAX_PIXELS
const MAX_SIDE = 500
const THUMBNAIL_SIDE = 150
const MAX_DECODE_SECONDS = 5
const QUALITY = 82

/** Two ordinary images at once, or one of the largest: memory stays that of one. */
export const decodingQueue = () => new WorkQueue({ capacity: MAX_PIXELS, maxWaiting: 40 })

export interface ProcessedImage {
  /** WebP, its sides at most 500. */
  image: Buffer
  /** WebP, 150 × 150. */
  thumbnail: Buffer
  width: number
  height: number
}

/**
 * Makes both pictures anew from the pixels alone, upright: metadata and whatever followed the image are gone.
 * Throws EMPTY_IMAGE_FILE, FILE_TOO_SMALL, INVALID_IMAGE_SIGNATURE, CORRUPTED_IMAGE (unreadable, or over 25 megapixels),
 * SERVICE_UNAVAILABLE (too many wait) or IMAGE_PROCESSING_FAIL.
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
  heldBytes: number
}

/** From the header alone. */
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

/** Decodes once and keeps no more than the larger picture needs. */
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

/** Of an animation the first frame. Cut-off files are refused; harmless irregularities, which phones do write, are not. */
const open = async (bytes: Buffer): Promise<Sharp> =>
  (await sharpLibrary())(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'error', pages: 1 })

const openRaw = async ({ data, width, height, channels }: RawImage): Promise<Sharp> =>
  (await sharpLibrary())(data, { raw: { width, height, channels } })

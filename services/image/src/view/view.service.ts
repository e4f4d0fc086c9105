import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { ImageContext } from '../context.ts'
import { type ImageVariant, isImageId } from '../storage/image-store.ts'
import { findContentHash } from './view.queries.ts'

interface ImageTag {
  id: string
  /** A strong tag: equal tags mean equal bytes. */
  etag: string
}

/** `name` is an id with or without an extension. Throws IMAGE_NOT_FOUND for every other text. */
export async function getImageTagOrThrow(
  { sql }: ImageContext,
  name: string,
  thumbnail: boolean,
): Promise<ImageTag> {
  const [id = ''] = name.split('.', 1)
  const hash = isImageId(id) ? await findContentHash(sql, id) : undefined
  if (hash === undefined) throw new DailyfeedError('IMAGE_NOT_FOUND')
  // The thumbnail is made together with the image and never again, so that image hash and id identify it.
  return { id, etag: thumbnail ? `"${hash}-${id}-thumbnail"` : `"${hash}"` }
}

/** Throws IMAGE_NOT_FOUND, also when there is a row but no file. */
export async function getImageBytesOrThrow(
  { store }: ImageContext,
  id: string,
  thumbnail: boolean,
): Promise<Buffer> {
  const variant: ImageVariant = thumbnail ? 'thumbnail' : 'image'
  const bytes = await store.find(id, variant)
  if (bytes === undefined) throw new DailyfeedError('IMAGE_NOT_FOUND')
  return bytes
}

import { createHash } from 'node:crypto'
import type { ImageContext } from '../context.ts'
import { processImageOrThrow } from '../processing/image-processing.ts'
import { newImageId } from '../storage/image-store.ts'
import { insertImage } from './upload.queries.ts'

/**
 * Returns the new image's id. Stores the files before the row, so that a failure in between leaves only
 * files, which `imageCollectJob` removes.
 */
export async function uploadImage(
  { sql, store, decoding }: ImageContext,
  ownerId: number,
  bytes: Buffer,
): Promise<string> {
  const { image, thumbnail, width, height } = await processImageOrThrow(decoding, bytes)
  const id = newImageId()
  await store.put(id, 'image', image)
  await store.put(id, 'thumbnail', thumbnail)
  await insertImage(sql, {
    id,
    ownerId,
    bytes: image.length,
    width,
    height,
    sha256: createHash('sha256').update(image).digest(),
  })
  return id
}

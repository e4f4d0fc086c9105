import { createHash } from 'node:crypto'
import type { ImageContext } from '../context.ts'
import { processImageOrThrow } from '../processing/image-processing.ts'
import { newImageId } from '../storage/image-store.ts'
import { insertImage } from './upload.queries.ts'

/**
 * Decodes an image and stores its files. Returns the function that records it and returns its id: decoding takes long, so
 * that no transaction waits for it. A failure in between leaves only files, which `imageCollectJob` removes.
 */
export async function prepareUpload(
  { store, decoding }: ImageContext,
  ownerId: number,
  bytes: Buffer,
): Promise<(context: ImageContext) => Promise<string>> {
  const { image, thumbnail, width, height } = await processImageOrThrow(decoding, bytes)
  const id = newImageId()
  await store.put(id, 'image', image)
  await store.put(id, 'thumbnail', thumbnail)
  const sha256 = createHash('sha256').update(image).digest()
  return async ({ sql }) => {
    await insertImage(sql, { id, ownerId, bytes: image.length, width, height, sha256 })
    return id
  }
}

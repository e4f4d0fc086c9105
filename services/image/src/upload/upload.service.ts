import { createHash } from 'node:crypto'
import { isWriteRefused } from '@dailyfeed/postgres-support/fault'
import type { ImageContext } from '../context.ts'
import { processImageOrThrow } from '../processing/image-processing.ts'
import { newImageId } from '../storage/image-store.ts'
import { isStorageFault } from '../storage/storage-fault.ts'
import { insertImage } from './upload.queries.ts'

/**
 * Decodes an image. Returns the function that stores it and returns its id: no transaction waits for decoding. Files are
 * stored before the row, so that a failure in between leaves only files, which `imageCollectJob` removes. Where the disk
 * has no space, they are removed at once.
 */
export async function prepareUpload(
  { store, decoding }: ImageContext,
  ownerId: number,
  bytes: Buffer,
): Promise<(context: ImageContext) => Promise<string>> {
  const { image, thumbnail, width, height } = await processImageOrThrow(decoding, bytes)
  const sha256 = createHash('sha256').update(image).digest()
  return async ({ sql }) => {
    const id = newImageId()
    try {
      await store.put(id, 'image', image)
      await store.put(id, 'thumbnail', thumbnail)
      await insertImage(sql, { id, ownerId, bytes: image.length, width, height, sha256 })
    } catch (error) {
      if (isStorageFault(error) || isWriteRefused(error)) await store.remove(id).catch(() => {})
      throw error
    }
    return id
  }
}

import { createHash } from 'node:crypto'
import { isWriteRefused } from '@dailyfeed/postgres-support/fault'
import type { ImageContext } from '../context.ts'
import { processImageOrThrow } from '../processing/image-processing.ts'
import { newImageId } from '../storage/image-store.ts'
import { isStorageFault } from '../storage/storage-fault.ts'
import { insertImage } from './upload.queries.ts'

/**
 * Returns the new image's id. Stores the files before the row, so that a failure in between leaves only
 * files, which `imageCollectJob` removes. Where the disk has no space, they are removed at once.
 */
export async function uploadImage(
  { sql, store, decoding }: ImageContext,
  ownerId: number,
  bytes: Buffer,
): Promise<string> {
  const { image, thumbnail, width, height } = await processImageOrThrow(decoding, bytes)
  const id = newImageId()
  try {
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
  } catch (error) {
    if (isStorageFault(error) || isWriteRefused(error)) await store.remove(id).catch(() => {})
    throw error
  }
  return id
}

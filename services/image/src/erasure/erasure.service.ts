import { deleteKeysOf } from '@dailyfeed/idempotency/idempotency-key.queries'
import type { ImageContext } from '../context.ts'
import { deleteRowsOf, findErasableMembers } from './erasure.queries.ts'

/**
 * The part of image-svc in `memberEraseJob`. Deletes rows first: a crash in between leaves only files,
 * which `imageCollectJob` removes.
 */
export async function eraseMembers({ sql, store }: ImageContext): Promise<{ images: number }> {
  const members = await findErasableMembers(sql)
  await deleteKeysOf(sql, 'image', members)
  const ids = await deleteRowsOf(sql, members)
  for (const id of ids) await store.remove(id)
  return { images: ids.length }
}

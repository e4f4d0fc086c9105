import { deleteKeysOf } from '@dailyfeed/idempotency/idempotency-key.queries'
import { inBoundedBatches } from '@dailyfeed/postgres-support/bounded-batches'
import type { ImageContext } from '../context.ts'
import { deleteRowsOf, findErasableMembers } from './erasure.queries.ts'

const BATCHES = { batch: 500, milliseconds: Number.POSITIVE_INFINITY }

/**
 * The part of image-svc in `memberEraseJob`. Deletes rows first: a crash in between leaves only files,
 * which `imageCollectJob` removes.
 */
export async function eraseMembers({ sql, store }: ImageContext): Promise<{ images: number }> {
  const members = await findErasableMembers(sql)
  await deleteKeysOf(sql, 'image', members)
  const images = await inBoundedBatches(async (limit) => {
    const ids = await deleteRowsOf(sql, members, limit)
    for (const id of ids) await store.remove(id)
    return ids.length
  }, BATCHES)
  return { images }
}

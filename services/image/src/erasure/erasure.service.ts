import type { ImageContext } from '../context.ts'
import { deleteErasableRows, eraseKeys } from './erasure.queries.ts'

/** image-svc's part of `memberEraseJob`. Rows first: after a crash in between, only files are left, which the collector finds. */
export async function eraseMembers({ sql, store }: ImageContext): Promise<{ images: number }> {
  await eraseKeys(sql)
  const ids = await deleteErasableRows(sql)
  for (const id of ids) await store.remove(id)
  return { images: ids.length }
}

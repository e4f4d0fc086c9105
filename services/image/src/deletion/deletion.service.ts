import { DailyfeedError } from '@dailyfeed/contract/errors'
import { imageIdOf } from '@dailyfeed/contract/image'
import type { ImageContext } from '../context.ts'
import { isImageId } from '../storage/image-store.ts'
import { deleteRows, existsOfOthers } from './deletion.queries.ts'

/** Ignores unknown images. Throws MEMBER_FORBIDDEN, and deletes nothing, when one belongs to another member. */
export async function deleteImagesOrThrow(
  context: ImageContext,
  memberId: number,
  addresses: readonly string[],
): Promise<void> {
  const ids = idsOf(addresses)
  // The owner of an image never changes, so that no lock is needed between this check and the deletion.
  if (await existsOfOthers(context.sql, ids, memberId)) throw new DailyfeedError('MEMBER_FORBIDDEN')
  await deleteOwn(context, memberId, ids)
}

/** Deletes those images that belong to the member and ignores the others. */
export const deleteOwnAmong = (
  context: ImageContext,
  memberId: number,
  addresses: readonly string[],
): Promise<void> => deleteOwn(context, memberId, idsOf(addresses))

/** Deletes rows first: a crash in between leaves only files, which `imageCollectJob` removes. */
async function deleteOwn(
  { sql, store }: ImageContext,
  memberId: number,
  ids: readonly string[],
): Promise<void> {
  for (const id of await deleteRows(sql, ids, memberId)) await store.remove(id)
}

function idsOf(addresses: readonly string[]): string[] {
  const ids = addresses.map(imageIdOf).filter((id) => id !== undefined)
  return [...new Set(ids.filter(isImageId))]
}

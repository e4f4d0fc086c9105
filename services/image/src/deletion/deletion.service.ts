import { DailyfeedError } from '@dailyfeed/contract/errors'
import { imageIdOf } from '@dailyfeed/contract/image'
import type { ImageContext } from '../context.ts'
import { isImageId } from '../storage/image-store.ts'
import { deleteRows, existsOfOthers } from './deletion.queries.ts'

/** Unknown images are ignored. One of somebody else: MEMBER_FORBIDDEN, and nothing is deleted. */
export async function deleteImagesOrThrow(
  context: ImageContext,
  memberId: number,
  addresses: readonly string[],
): Promise<void> {
  const ids = idsOf(addresses)
  // An owner never changes, so what is true here stays true until the rows are gone.
  if (await existsOfOthers(context.sql, ids, memberId)) throw new DailyfeedError('MEMBER_FORBIDDEN')
  await deleteOwn(context, memberId, ids)
}

/** Deletes what of these is the member's, and lets the rest be. */
export const deleteOwnAmong = (
  context: ImageContext,
  memberId: number,
  addresses: readonly string[],
): Promise<void> => deleteOwn(context, memberId, idsOf(addresses))

/** Rows first: after a crash in between, only files are left, which the collector finds. */
async function deleteOwn(
  { sql, store }: ImageContext,
  memberId: number,
  ids: readonly string[],
): Promise<void> {
  for (const id of await deleteRows(sql, ids, memberId)) await store.remove(id)
}

const idsOf = (addresses: readonly string[]): string[] =>
  [
    ...new Set(addresses.map(imageIdOf).filter((id) => id !== undefined && isImageId(id))),
  ] as string[]

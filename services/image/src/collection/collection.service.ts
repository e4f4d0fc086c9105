import type { ImageContext } from '../context.ts'
import { findKnownIds } from './collection.queries.ts'

/** Far longer than the time between files and row of an upload. */
const MIN_AGE_MILLISECONDS = 3_600_000
const IDS_PER_QUERY = 500

/**
 * Removes files without a row, which interrupted uploads and deletions leave behind. Safe to repeat and
 * to run twice at the same time. `debris` counts unfinished writes.
 */
export async function collectImages(
  { sql, store }: ImageContext,
  now = Date.now(),
): Promise<{ seen: number; removed: number; debris: number }> {
  const before = new Date(now - MIN_AGE_MILLISECONDS)
  let [seen, removed] = [0, 0]
  const removeUnknown = async (ids: ReadonlySet<string>) => {
    const known = await findKnownIds(sql, [...ids])
    for (const id of ids) {
      if (known.has(id)) continue
      await store.remove(id)
      removed++
    }
    seen += ids.size
  }

  let batch = new Set<string>()
  for await (const id of store.idsOlderThan(before)) {
    batch.add(id)
    if (batch.size < IDS_PER_QUERY) continue
    await removeUnknown(batch)
    batch = new Set()
  }
  await removeUnknown(batch)
  return { seen, removed, debris: await store.removeDebrisOlderThan(before) }
}

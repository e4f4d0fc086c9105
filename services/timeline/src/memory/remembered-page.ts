import { type Fragment, GONE } from './fragment.ts'
import type { LikedKind } from './memory.queries.ts'
import type { Viewer, Viewers } from './viewers.ts'

/** A list of which a page is read. */
export interface RememberedList {
  ids: readonly number[]
  /** Of each of the ids, where that is known: it spares looking up what the viewer will not see. */
  authors?: readonly number[] | undefined
  kind: LikedKind
  /** Undefined where it has to be loaded. */
  find(id: number, now: number): Fragment | typeof GONE | undefined
  load?(ids: readonly number[]): Promise<ReadonlyMap<number, Fragment | typeof GONE>>
  /** Whether those are shown whose author the viewer has muted. */
  showsMuted: boolean
}

export interface PageRequest {
  /** The first of the list to be looked at. */
  place: number
  /** Shown items that are passed over. */
  skip: number
  size: number
}

export interface RememberedPage {
  /** JSON of the items, with commas between: the bytes of UTF-8 in a one-byte string. */
  fragments: string
  /** The last one shown, and its place in the list; undefined where nothing is shown. */
  last: { id: number; place: number } | undefined
  /** Whether there is at least one more in the list. */
  hasNext: boolean
}

/** What the viewer sees of a list. What is not known yet is loaded, all of it at once. */
export async function readRememberedPage(viewers: Viewers, viewer: Viewer, list: RememberedList, { place, skip, size }: PageRequest): Promise<RememberedPage> {
  const { ids, authors, kind, showsMuted } = list
  const likes = viewer.likes[kind]
  let loaded: ReadonlyMap<number, Fragment | typeof GONE> | undefined
  for (;;) {
    const shown: string[] = []
    let count = 0
    let last: RememberedPage['last']
    let toSkip = skip
    const missing: number[] = []
    const missingLikes: number[] = []
    const missingStands = new Set<number>()
    const now = performance.now()
    // One more than asked for tells whether there is more. What is not known yet counts as shown.
    for (let at = place; at < ids.length && count + missing.length <= size + toSkip; at += 1) {
      const id = ids[at] as number
      const fragment = loaded?.get(id) ?? list.find(id, now)
      if (fragment === GONE) continue
      const author = authors === undefined ? fragment?.authorId : authors[at]
      const stand = author === undefined ? undefined : viewer.stands.get(author)
      if (stand === 'HIDDEN' || (stand === 'MUTED' && !showsMuted)) continue
      if (stand === undefined && author !== undefined) missingStands.add(author)
      if (toSkip > 0 && fragment !== undefined && stand !== undefined) {
        toSkip -= 1
        continue
      }
      const liked = likes.get(id)
      if (liked === undefined) missingLikes.push(id)
      if (fragment === undefined) {
        missing.push(id)
        continue
      }
      count += 1
      if (count > size) continue
      shown.push(fragment.json(liked === true))
      last = { id, place: at }
    }
    if (missing.length + missingLikes.length + missingStands.size === 0) return { fragments: shown.join(), last, hasNext: count > size }
    const [more] = await Promise.all([missing.length === 0 ? undefined : list.load?.(missing), viewers.load(viewer, [...missingStands], kind, missingLikes)])
    if (more !== undefined) loaded = loaded === undefined ? more : new Map([...loaded, ...more])
  }
}

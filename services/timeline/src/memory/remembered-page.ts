import { type Fragment, GONE } from './fragment.ts'
import type { LikedKind } from './memory.queries.ts'
import { isLikedBy, standOf, type Viewer, type Viewers } from './viewers.ts'

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
export async function readRememberedPage(
  viewers: Viewers,
  viewer: Viewer,
  list: RememberedList,
  { place, skip, size }: PageRequest,
): Promise<RememberedPage> {
  const { ids, authors, kind, showsMuted } = list
  let loaded: ReadonlyMap<number, Fragment | typeof GONE> | undefined
  for (;;) {
    // Not joined: the answer's bytes are copied once, when header and body are written as one.
    let fragments = ''
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
      const stand = author === undefined ? undefined : standOf(viewer, author, fragment)
      if (stand === 'HIDDEN' || (stand === 'MUTED' && !showsMuted)) continue
      // Mostly the fragment that is loaded tells it.
      const isToldByFragment = fragment === undefined && viewer.exceptions !== undefined
      if (stand === undefined && author !== undefined && !isToldByFragment)
        missingStands.add(author)
      if (toSkip > 0 && fragment !== undefined && stand !== undefined) {
        toSkip -= 1
        continue
      }
      const liked = isLikedBy(viewer, kind, id)
      if (liked === undefined) missingLikes.push(id)
      if (fragment === undefined) {
        missing.push(id)
        continue
      }
      count += 1
      if (count > size) continue
      const json = fragment.json(liked === true)
      fragments = count === 1 ? json : `${fragments},${json}`
      last = { id, place: at }
    }
    if (missing.length + missingLikes.length + missingStands.size === 0)
      return { fragments, last, hasNext: count > size }
    const [more] = await Promise.all([
      missing.length === 0 ? undefined : list.load?.(missing),
      viewers.load(viewer, [...missingStands], kind, missingLikes),
    ])
    if (more !== undefined) loaded = loaded === undefined ? more : new Map([...loaded, ...more])
  }
}

import { cachedVisibilityOf, hasId } from '@dailyfeed/visibility/visibility'
import type { LikedKind } from './feed-cache.queries.ts'
import type { Viewer, Viewers } from './viewers.ts'

/**
 * A post or a comment as the bytes of its JSON in UTF-8, each byte one character of a Latin-1 string: V8 concatenates such
 * strings without a copy, and writes them to the socket without encoding them again.
 */
export class JsonFragment {
  readonly authorId: number
  /** Whether everybody sees it who has no block with the author. False: not known. */
  readonly isAuthorPublic: boolean
  readonly #notLiked: string
  #liked: string | undefined

  /** `dto`: as for a viewer who does not like it. */
  constructor(dto: { authorId: number; liked: boolean }, isAuthorPublic = false) {
    this.authorId = dto.authorId
    this.isAuthorPublic = isAuthorPublic
    // The copy is flat: a string that was concatenated would keep all its parts alive.
    this.#notLiked = Buffer.from(JSON.stringify(dto)).toString('latin1')
  }

  get bytes(): number {
    return this.#notLiked.length
  }

  json(liked: boolean): string {
    if (!liked) return this.#notLiked
    // Quotes in what members write are escaped in JSON, so that only the property matches.
    this.#liked ??= Buffer.from(
      this.#notLiked.replace('"liked":false', '"liked":true'),
      'latin1',
    ).toString('latin1')
    return this.#liked
  }
}

/** Cached in the place of a fragment when the post was deleted or its author erased. */
export const GONE = 'GONE'

export type CachedFragment = JsonFragment | typeof GONE

/** A list of which a page is rendered. */
export interface FragmentList {
  ids: readonly number[]
  /** The author of each of `ids` where that is known: hidden posts are then not loaded. */
  authorIds?: readonly number[] | undefined
  kind: LikedKind
  /** Undefined: to be loaded. */
  fragments: { get(id: number): CachedFragment | undefined }
  load?(ids: readonly number[]): Promise<ReadonlyMap<number, CachedFragment>>
  /** Whether content of muted authors is shown. */
  showsMuted: boolean
}

export interface PageRange {
  /** Index in the list at which the page starts. */
  index: number
  /** Visible items to skip from there. */
  skip: number
  size: number
  /** Bytes of items after which the page ends, though it may have fewer than `size`. Undefined: no limit. */
  maxBytes?: number
}

export interface RenderedPage {
  /** JSON of the items, separated by commas, in the form of `JsonFragment`. */
  json: string
  /** The last item, and its index in the list. Undefined: the page is empty. */
  last: { id: number; index: number } | undefined
  /** Whether the list has at least one more visible item. */
  hasNext: boolean
}

/** A page before everything it needs is cached. */
interface Draft extends RenderedPage {
  missing: number[]
  missingLikes: number[]
  missingVisibilities: Set<number>
}

/** One page of a list as the viewer sees it. Everything that is not cached is loaded in one round of queries. */
export async function renderPage(
  viewers: Viewers,
  viewer: Viewer,
  list: FragmentList,
  range: PageRange,
): Promise<RenderedPage> {
  let loaded: ReadonlyMap<number, CachedFragment> | undefined
  for (;;) {
    const draft = renderDraft(viewer, list, range, loaded)
    const { missing, missingLikes, missingVisibilities } = draft
    if (missing.length + missingLikes.length + missingVisibilities.size === 0) return draft
    const [more] = await Promise.all([
      missing.length === 0 ? undefined : list.load?.(missing),
      viewers.loadRelations(viewer, [...missingVisibilities], list.kind, missingLikes),
    ])
    if (more !== undefined) loaded = loaded === undefined ? more : new Map([...loaded, ...more])
  }
}

/** The hot loop of every cached page. `loaded`: fragments that were loaded for this page, which caches may not keep. */
function renderDraft(
  viewer: Viewer,
  { ids, authorIds, kind, fragments, showsMuted }: FragmentList,
  { index, skip, size, maxBytes = Number.POSITIVE_INFINITY }: PageRange,
  loaded: ReadonlyMap<number, CachedFragment> | undefined,
): Draft {
  // Concatenated, not joined: the bytes are copied once, when headers and body are written together.
  let json = ''
  let count = 0
  let last: RenderedPage['last']
  let toSkip = skip
  const missing: number[] = []
  const missingLikes: number[] = []
  const missingVisibilities = new Set<number>()
  // One item more than the page shows whether there is a next one. Items that are not loaded yet count as visible.
  for (let at = index; at < ids.length && count + missing.length <= size + toSkip; at += 1) {
    const id = ids[at] as number
    const fragment = loaded?.get(id) ?? fragments.get(id)
    if (fragment === GONE) continue
    const authorId = authorIds === undefined ? fragment?.authorId : authorIds[at]
    const visibility =
      authorId === undefined
        ? undefined
        : cachedVisibilityOf(viewer, authorId, fragment?.isAuthorPublic === true)
    if (visibility === 'HIDDEN' || (visibility === 'MUTED' && !showsMuted)) continue
    // A fragment that has to be loaded nearly always decides it: most authors are public.
    const isDecidedByFragment = fragment === undefined && viewer.blockedOrMutedIds !== undefined
    if (visibility === undefined && authorId !== undefined && !isDecidedByFragment)
      missingVisibilities.add(authorId)
    if (toSkip > 0 && fragment !== undefined && visibility !== undefined) {
      toSkip -= 1
      continue
    }
    const liked = isLiked(viewer, kind, id)
    if (liked === undefined) missingLikes.push(id)
    if (fragment === undefined) {
      missing.push(id)
      continue
    }
    count += 1
    if (count > size) continue
    const text = fragment.json(liked === true)
    if (count > 1 && json.length + text.length > maxBytes) {
      // The item that does not fit begins the next page.
      count = size + 1
      break
    }
    json = count === 1 ? text : `${json},${text}`
    last = { id, index: at }
  }
  return { json, last, hasNext: count > size, missing, missingLikes, missingVisibilities }
}

/** Undefined: to be loaded. */
function isLiked({ likes, newestLikes }: Viewer, kind: LikedKind, id: number): boolean | undefined {
  const liked = likes[kind].get(id)
  if (liked !== undefined || kind !== 'posts') return liked
  return newestLikes === undefined || id < newestLikes.completeFromId
    ? undefined
    : hasId(newestLikes.ids, id)
}

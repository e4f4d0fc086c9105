import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import type { ReadDatabase } from '@dailyfeed/postgres-support/read-database'
import type { CachedRelations, SortedIds, Visibility } from '@dailyfeed/visibility/visibility'
import { findRelations, findViewer, type LikedKind, type ViewerRow } from './feed-cache.queries.ts'
import {
  type InvalidationLog,
  Invalidations,
  type Version,
  VersionedCache,
} from './versioned-cache.ts'

/** Everything that the pages of one viewer depend on. */
export interface Viewer extends CachedRelations {
  readonly id: number
  readonly visibilities: Map<number, Visibility>
  readonly likes: Readonly<Record<LikedKind, Map<number, boolean>>>
  blockedOrMutedIds: SortedIds | undefined
  /** Undefined: not loaded. */
  newestLikes: NewestLikes | undefined
}

interface NewestLikes {
  /** Ids of posts. */
  ids: SortedIds
  /** No liked post with this id or a higher one is missing. */
  completeFromId: number
}

/** At most this many blocked or muted members, of which most viewers have few, and likes, of which pages show the newest. */
export const MAX_PRELOADED = 100
const MAX_VIEWERS = 10_000
const TTL_MS = 60_000

const newViewer = (id: number): Viewer => ({
  id,
  visibilities: new Map(),
  likes: { posts: new Map(), comments: new Map() },
  blockedOrMutedIds: undefined,
  newestLikes: undefined,
})

/** Viewers who have read within the last minute. */
export class Viewers {
  /** Read directly by hot paths. */
  readonly cache: VersionedCache<Viewer>
  readonly #reads: ReadDatabase
  readonly #primary: Queryable
  readonly #log: InvalidationLog
  /** Authors whose profile or privacy changed. */
  readonly #authors: Invalidations
  /** Viewers who liked or unliked. */
  readonly #likers: Invalidations

  /** `primary`: the answer to who may see whom must not lag. */
  constructor(
    { reads, primary }: { reads: ReadDatabase; primary: Queryable },
    log: InvalidationLog,
    authors: Invalidations,
  ) {
    this.#reads = reads
    this.#primary = primary
    this.#log = log
    this.#authors = authors
    this.#likers = new Invalidations(log)
    this.cache = new VersionedCache(log, { ttlMs: TTL_MS, maxSize: MAX_VIEWERS })
  }

  /** An empty one, for a viewer who is not cached. */
  create(id: number): Viewer {
    const viewer = newViewer(id)
    this.cache.set(id, viewer, this.#log.version)
    return viewer
  }

  /** Loads followings, and preloads blocks, mutes and likes, which saves most pages the query of `loadRelations`. */
  async loadViewer(id: number): Promise<Pick<ViewerRow, 'following_ids' | 'heavy_ids'>> {
    const { version } = this.#log
    const row = await this.#reads.read((sql) => findViewer(sql, id, MAX_PRELOADED))
    this.#preload(id, row, version)
    return row
  }

  /** Loads into `viewer` which of these authors are visible, and which of these posts or comments are liked. */
  async loadRelations(
    viewer: Viewer,
    authorIds: readonly number[],
    kind: LikedKind,
    ids: readonly number[],
  ): Promise<void> {
    if (authorIds.length + ids.length === 0) return
    const { version } = this.#log
    const relations = await findRelations(this.#primary, viewer.id, authorIds, kind, ids)
    const { visible, muted, liked } = relations
    for (const id of authorIds) viewer.visibilities.set(id, 'HIDDEN')
    for (const id of visible) viewer.visibilities.set(id, muted.includes(id) ? 'MUTED' : 'VISIBLE')
    for (const id of ids) viewer.likes[kind].set(id, false)
    for (const id of liked) viewer.likes[kind].set(id, true)
    // Changes during the query make this good for the page in progress only: the next read loads the viewer again.
    if (
      this.#likers.isInvalidatedSince(viewer.id, version) ||
      authorIds.some((id) => this.#authors.isInvalidatedSince(id, version))
    )
      this.cache.delete(viewer.id)
  }

  invalidateLikes(viewerId: number, kind: LikedKind, id: number | null): void {
    const viewer = this.cache.get(viewerId)
    if (id === null) viewer?.likes[kind].clear()
    else viewer?.likes[kind].delete(id)
    if (viewer !== undefined && kind === 'posts') viewer.newestLikes = undefined
    this.#likers.invalidate(viewerId)
  }

  /** For an author who has withdrawn, say, or has changed who may see their posts. */
  invalidateVisibilityOf(authorId: number): void {
    for (const viewer of this.cache.values()) viewer.visibilities.delete(authorId)
  }

  /** Caches what a query that started at `version` found, unless a change has been observed since. */
  #preload(
    id: number,
    { blocked_or_muted_ids: blockedOrMutedIds, liked_ids: likedIds }: ViewerRow,
    version: Version,
  ): void {
    const entry = this.cache.getEntry(id)
    // An entry that is newer may have replaced one that was invalidated.
    const isOutdated = entry !== undefined && entry.version > version
    if (isOutdated || this.#likers.isInvalidatedSince(id, version)) return
    const viewer = entry?.value ?? newViewer(id)
    viewer.blockedOrMutedIds =
      blockedOrMutedIds.length <= MAX_PRELOADED ? blockedOrMutedIds : undefined
    viewer.newestLikes = {
      ids: likedIds.toReversed(),
      completeFromId: likedIds.length < MAX_PRELOADED ? 0 : (likedIds.at(-1) ?? 0),
    }
    if (entry === undefined) this.cache.set(id, viewer, version)
  }
}

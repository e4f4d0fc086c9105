import { withoutDeadline } from '@dailyfeed/concurrency/request-deadline'
import type { ReadDatabase } from '@dailyfeed/postgres-support/read-database'
import { hasId, type SortedIds } from '@dailyfeed/visibility/visibility'
import { findPostsByAuthors } from '../feed/author-posts.queries.ts'
import { type FeedEntry, toEntry } from '../feed/feed-entry.ts'
import { findNewestPosts } from './feed-cache.queries.ts'

export interface FoundEntries {
  /** Newest first. */
  entries: FeedEntry[]
  /** Whether nothing is older. */
  ended: boolean
}

/** Posts that are kept, and at most twice as many between two trims. */
export const RECENT_POSTS = 20_000
/** Posts that were not published to an outbox, as those of an operator's SQL, are in the list after this long. */
const RELOAD_MS = 10_000
/** Scan at most this many cached posts per author; beyond that a query per author is as fast. */
const SCANNED_PER_AUTHOR = 100
/** Bitmap over the low 16 bits of author ids: a cheap pre-filter before the binary search. */
const BITMAP_SIZE = 65_536
const bitOf = (id: number) => id & (BITMAP_SIZE - 1)

/**
 * The newest posts of everybody. It serves two readers: `newestOf` searches it for the newest posts of a reader without a
 * cached feed, and `since` continues a cached feed with the posts that arrived after it was last merged.
 *
 * Posts are sorted by id, but arrive in the order of their commits. Three arrays, not one of objects: there are tens of
 * thousands of posts, which live long enough to be copied by every collection of the old generation.
 */
export class RecentPosts {
  readonly #reads: ReadDatabase
  readonly #max: number
  /** Ascending. */
  #ids: number[] = []
  #authorIds: number[] = []
  /** By index: arrivals that had been counted once the latest of the posts up to this index had arrived; 0 for loaded ones. */
  #arrivedBy: number[] = []
  /** No live post with this id or a higher one is missing. Infinity: not loaded yet. */
  #completeFromId = Number.POSITIVE_INFINITY
  #reloadAt = 0
  #loading: Promise<void> | undefined
  /** Posts that arrived so far: a feed that was merged at this count lacks nothing. */
  arrivals = 0
  /** Posts that arrived before this count may have been dropped: feeds that were merged earlier cannot be continued. */
  firstArrival = 0
  /** 1 at the low bits of the author ids of the current search; all 0 between searches. */
  readonly #bitmap = new Uint8Array(BITMAP_SIZE)

  constructor(reads: ReadDatabase, max = RECENT_POSTS) {
    this.#reads = reads
    this.#max = max
  }

  /** A post that has just been committed. */
  add({ postId, authorId }: FeedEntry): void {
    this.arrivals += 1
    const index = this.#insert(postId, authorId, this.arrivals)
    for (let at = index; at < this.#arrivedBy.length; at += 1) this.#arrivedBy[at] = this.arrivals
    // A query that runs needs everything that has arrived since it started.
    if (this.#ids.length > 2 * this.#max && this.#loading === undefined)
      this.#dropBelow(this.#ids[this.#max] ?? 0)
  }

  /** Drops everything. A query that runs does not bring it back. */
  clear(): void {
    this.#ids = []
    this.#authorIds = []
    this.#arrivedBy = []
    this.#completeFromId = Number.POSITIVE_INFINITY
    this.#loading = undefined
    this.firstArrival = this.arrivals
  }

  /**
   * The posts that arrived after `arrivals` had this value, newest first. Some that arrived earlier are among them: those
   * with a higher id than one that arrived late.
   */
  *since(arrivals: number): IterableIterator<FeedEntry> {
    for (let at = this.#ids.length - 1; at >= 0; at -= 1) {
      if ((this.#arrivedBy[at] as number) <= arrivals) return
      yield { postId: this.#ids[at] as number, authorId: this.#authorIds[at] as number }
    }
  }

  /**
   * The newest posts of these authors with an id below `before`. Posts older than the cached ones are read from the
   * database.
   */
  async newestOf(
    authorIds: SortedIds,
    before = Number.POSITIVE_INFINITY,
    limit: number,
  ): Promise<FoundEntries> {
    await this.#loaded()
    const { entries, searchedFromId } = this.#search(authorIds, before, limit)
    if (entries.length < limit && searchedFromId > 0 && authorIds.length > 0) {
      const rows = await this.#reads.read((sql) =>
        findPostsByAuthors(sql, {
          authorIds,
          before: Math.min(searchedFromId, before),
          limit: limit - entries.length,
        }),
      )
      entries.push(...rows.map(toEntry))
    }
    return { entries, ended: entries.length < limit }
  }

  /** `searchedFromId`: every post from this id up to `before` was searched; 0: all there are. */
  #search(
    authorIds: SortedIds,
    before: number,
    limit: number,
  ): { entries: FeedEntry[]; searchedFromId: number } {
    const entries: FeedEntry[] = []
    let at = this.#ids.length - 1
    while (at >= 0 && (this.#ids[at] as number) >= before) at -= 1
    const lowest = Math.max(0, at + 1 - SCANNED_PER_AUTHOR * authorIds.length)
    for (const id of authorIds) this.#bitmap[bitOf(id)] = 1
    for (; at >= lowest && entries.length < limit; at -= 1) {
      const [postId, authorId] = [this.#ids[at] as number, this.#authorIds[at] as number]
      if (postId < this.#completeFromId) break
      if (this.#bitmap[bitOf(authorId)] === 1 && hasId(authorIds, authorId))
        entries.push({ postId, authorId })
    }
    for (const id of authorIds) this.#bitmap[bitOf(id)] = 0
    const isExhausted = at < 0 || (this.#ids[at] as number) < this.#completeFromId
    return {
      entries,
      searchedFromId: isExhausted ? this.#completeFromId : (this.#ids[at + 1] ?? before),
    }
  }

  async #loaded(): Promise<void> {
    while (this.#completeFromId === Number.POSITIVE_INFINITY) await this.#load()
    // Requests do not wait for a reload: the list holds every published post already.
    if (this.#reloadAt < performance.now()) this.#load().catch(() => {})
  }

  /** Callers share one query. */
  #load(): Promise<void> {
    if (this.#loading !== undefined) return this.#loading
    const loading: Promise<void> = withoutDeadline(() =>
      this.#query(() => this.#loading === loading),
    ).finally(() => {
      if (this.#loading === loading) this.#loading = undefined
    })
    this.#loading = loading
    return loading
  }

  async #query(isCurrent: () => boolean): Promise<void> {
    const startedAt = this.arrivals
    const { ids, author_ids: authorIds } = await this.#reads.read((sql) =>
      findNewestPosts(sql, this.#max),
    )
    if (isCurrent()) this.#replace(ids, authorIds, startedAt)
  }

  /** Takes the loaded posts with the arrivals known of them, and everything that arrived since `startedAt`. */
  #replace(ids: number[], authorIds: number[], startedAt: number): void {
    const completeFromId = ids.length < this.#max ? 0 : (ids[0] ?? 0)
    this.#dropBelow(completeFromId)
    const [oldIds, oldAuthorIds, oldArrivedBy] = [this.#ids, this.#authorIds, this.#arrivedBy]
    let old = -1
    this.#arrivedBy = ids.map((id) => {
      while (old + 1 < oldIds.length && (oldIds[old + 1] as number) <= id) old += 1
      return oldArrivedBy[old] ?? 0
    })
    this.#ids = ids
    this.#authorIds = authorIds
    for (let at = oldIds.length - 1; at >= 0; at -= 1) {
      const arrivedBy = oldArrivedBy[at] as number
      if (arrivedBy <= startedAt) break
      this.#insert(oldIds[at] as number, oldAuthorIds[at] as number, arrivedBy)
    }
    this.#completeFromId = completeFromId
    this.#reloadAt = performance.now() + RELOAD_MS
  }

  /** Returns the index of the post, which is left as it is where it is there already. */
  #insert(postId: number, authorId: number, arrivedBy: number): number {
    let index = this.#ids.length
    while (index > 0 && (this.#ids[index - 1] as number) >= postId) index -= 1
    if (this.#ids[index] === postId) return index
    this.#ids.splice(index, 0, postId)
    this.#authorIds.splice(index, 0, authorId)
    this.#arrivedBy.splice(index, 0, arrivedBy)
    return index
  }

  #dropBelow(id: number): void {
    let dropped = 0
    while (dropped < this.#ids.length && (this.#ids[dropped] as number) < id) dropped += 1
    if (dropped === 0) return
    this.firstArrival = Math.max(this.firstArrival, this.#arrivedBy[dropped - 1] as number)
    this.#ids = this.#ids.slice(dropped)
    this.#authorIds = this.#authorIds.slice(dropped)
    this.#arrivedBy = this.#arrivedBy.slice(dropped)
    if (this.#completeFromId !== Number.POSITIVE_INFINITY)
      this.#completeFromId = Math.max(this.#completeFromId, id)
  }
}

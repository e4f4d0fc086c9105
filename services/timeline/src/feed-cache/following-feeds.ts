import type { ReadDatabase } from '@dailyfeed/postgres-support/read-database'
import { hasId, type SortedIds } from '@dailyfeed/visibility/visibility'
import { type FeedEntry, toEntry } from '../feed/feed-entry.ts'
import { MAX_PAGED_ITEMS } from '../feed/feed-limits.ts'
import { findPostsAbove } from './feed-cache.queries.ts'
import { type InvalidationLog, type Version, VersionedCache } from './versioned-cache.ts'
import type { FoundEntries, RecentPosts } from './recent-posts.ts'
import {
  type FanOutWatermark,
  fingerprintOf,
  type RedisFeed,
  type RedisFeeds,
} from './redis-feeds.ts'
import type { Viewers } from './viewers.ts'

/** The newest posts of the members whom one member follows. */
export interface FollowingFeed {
  readonly followingIds: SortedIds
  /** Newest first. Two arrays, not one of objects: there are thousands of feeds of up to 800 posts. */
  readonly postIds: number[]
  /** The author of each of `postIds`. */
  readonly authorIds: number[]
  /** Whether nothing is older. */
  ended: boolean
  /** The count of arrivals in `RecentPosts` up to which new posts are in the feed. */
  mergedAt: number
}

/** A feed that was read from the database, and is missing in Redis. */
export interface BackfillRequest {
  memberId: number
  feed: FollowingFeed
  /** The version at which its queries started. */
  version: Version
}

export interface LoadedFeed {
  feed: FollowingFeed
  backfill?: BackfillRequest
}

/** Everything that is loaded of a member whose feed is not cached. */
interface LookUp {
  version: Version
  followingIds: SortedIds
  /** Those of `followingIds` whose posts are not pushed into Redis. */
  heavyIds: readonly number[]
  /** Undefined: there is no Redis, or it is away. */
  watermark: FanOutWatermark | undefined
  redisFeed: RedisFeed | undefined
}

export interface FollowingFeedsOptions {
  /** Shared with other processes, and across restarts: saves the search for a member's newest posts. */
  redisFeeds?: RedisFeeds | undefined
  /** For tests: posts in one feed, posts loaded at first, lifetime, and what is merged into a feed from Redis. */
  max?: number
  first?: number
  ttlMs?: number
  mergedMs?: number
}

/**
 * Ids in all feeds together, 8 bytes each: 32 MB. The ids of a reader who follows 100 members take 1.2 KB, those of one
 * who follows 1,000 and has scrolled to the end 21 KB.
 */
const MAX_IDS = 4_000_000
/** Objects around the ids of a feed, in ids. */
const OVERHEAD_IDS = 50
const TTL_MS = 60_000
/** Posts loaded at first: a page, one more that shows whether there is a next one, and some that may be hidden. */
const FIRST_POSTS = 25
/** Posts that one extension adds at most. */
const MAX_EXTENSION = 200
/**
 * Everything written in this time before the fan-out's watermark is merged into a feed from Redis: a Redis that failed over
 * may have lost the latest pushes, and clocks may be set.
 */
const MERGED_MS = 30_000

interface Parts {
  reads: ReadDatabase
  recentPosts: RecentPosts
  viewers: Viewers
}

export class FollowingFeeds {
  /** Read directly by hot paths. A feed may lack posts that arrived after its `mergedAt`. */
  readonly cache: VersionedCache<FollowingFeed>
  readonly #parts: Parts
  readonly #log: InvalidationLog
  readonly #redisFeeds: RedisFeeds | undefined
  readonly #max: number
  readonly #first: number
  readonly #mergedMs: number
  readonly #clock: ArrivalClock

  constructor(
    parts: Parts,
    log: InvalidationLog,
    {
      redisFeeds,
      max = MAX_PAGED_ITEMS,
      first = FIRST_POSTS,
      ttlMs = TTL_MS,
      mergedMs = MERGED_MS,
    }: FollowingFeedsOptions,
  ) {
    this.#parts = parts
    this.#log = log
    this.#redisFeeds = redisFeeds
    this.#max = max
    this.#first = first
    this.#mergedMs = mergedMs
    this.#clock = new ArrivalClock(mergedMs)
    this.cache = new VersionedCache(log, {
      ttlMs,
      maxSize: MAX_IDS,
      sizeOf: ({ followingIds, postIds }) =>
        OVERHEAD_IDS + followingIds.length + 2 * postIds.length,
    })
  }

  /**
   * The member's feed as of now: from the cache, else from Redis, else from the database. `refreshing`: the poll of the
   * outboxes that is in progress, if any. The look-up runs in parallel with it: it reads the present state, and changes
   * that arrive meanwhile are merged afterwards, or prevent caching.
   */
  async load(memberId: number, refreshing: Promise<void> | undefined): Promise<LoadedFeed> {
    const isMissing = this.#find(memberId) === undefined
    const [early] = await Promise.all([isMissing ? this.#lookUp(memberId) : undefined, refreshing])
    const cached = this.#find(memberId)
    if (cached !== undefined) return { feed: this.#upToDate(memberId, cached) }
    const isUsable = early !== undefined && !this.#log.wasClearedSince(early.version)
    return this.#loadFrom(memberId, isUsable ? early : await this.#lookUp(memberId))
  }

  /** Adds older posts. False where no more are cached. */
  async extend(memberId: number, feed: FollowingFeed): Promise<boolean> {
    const { recentPosts } = this.#parts
    const last = feed.postIds.at(-1)
    const limit = Math.min(this.#max - feed.postIds.length, feed.postIds.length, MAX_EXTENSION)
    if (feed.ended || last === undefined || limit <= 0) return false
    const { arrivals } = recentPosts
    const { entries, ended } = await recentPosts.newestOf(feed.followingIds, last, limit)
    // Another request may have extended the feed, or a merge cut it off at its end: then the caller looks again.
    if (feed.postIds.at(-1) !== last) return true
    for (const { postId, authorId } of entries) {
      feed.postIds.push(postId)
      feed.authorIds.push(authorId)
    }
    feed.ended = ended
    this.cache.resize(memberId)
    // Posts that arrived during the query were merged when the feed ended higher: they are merged again.
    feed.mergedAt = Math.min(feed.mergedAt, arrivals)
    this.merge(memberId, feed)
    return true
  }

  /** Adds the posts of followings that arrived since the feed was last merged. */
  merge(memberId: number, feed: FollowingFeed): void {
    const { recentPosts } = this.#parts
    // Some arrivals were dropped: the feed is good for a read that began before, and for no other.
    if (feed.mergedAt < recentPosts.firstArrival) this.cache.delete(memberId)
    for (const entry of recentPosts.since(feed.mergedAt))
      if (hasId(feed.followingIds, entry.authorId)) insert(feed, entry)
    feed.mergedAt = recentPosts.arrivals
    if (feed.postIds.length <= this.#max) return
    feed.postIds.length = this.#max
    feed.authorIds.length = this.#max
    feed.ended = false
  }

  /** Drops all feeds, since changes may have been missed. */
  clear(): void {
    this.cache.clear()
    this.#clock.clear()
  }

  /** Every post committed after `at`, in milliseconds of the database's clock, has not arrived yet. */
  onWatermark(at: number): void {
    if (this.#redisFeeds !== undefined) this.#clock.record(at, this.#parts.recentPosts.arrivals)
  }

  /** The moment, by the database's clock, from which changes are needed to use feeds from Redis; undefined: from now on. */
  async resumeFrom(): Promise<number | undefined> {
    const watermark = await this.#redisFeeds?.watermark()
    return watermark && watermark.at - this.#mergedMs - this.#clock.interval - 1
  }

  #find(memberId: number): FollowingFeed | undefined {
    const feed = this.cache.get(memberId)
    return feed === undefined || feed.mergedAt < this.#parts.recentPosts.firstArrival
      ? undefined
      : feed
  }

  #upToDate(memberId: number, feed: FollowingFeed): FollowingFeed {
    if (feed.mergedAt < this.#parts.recentPosts.arrivals) this.merge(memberId, feed)
    return feed
  }

  async #lookUp(memberId: number): Promise<LookUp> {
    const { version } = this.#log
    // Before the others: posts of an author who was heavy by then are not in the feed, and later ones are merged.
    const watermark = await this.#redisFeeds?.watermark()
    const [redisFeed, { following_ids: followingIds, heavy_ids: heavyIds }] = await Promise.all([
      watermark && this.#redisFeeds?.find(memberId, watermark, this.#first),
      this.#parts.viewers.loadViewer(memberId),
    ])
    return { version, followingIds, heavyIds, watermark, redisFeed }
  }

  async #loadFrom(memberId: number, lookUp: LookUp): Promise<LoadedFeed> {
    const { version, followingIds, watermark } = lookUp
    const fromRedis = await this.#fromRedis(lookUp)
    const feed = fromRedis ?? (await this.#fromRecentPosts(followingIds))
    this.cache.set(memberId, feed, version)
    this.#upToDate(memberId, feed)
    return watermark === undefined || fromRedis !== undefined
      ? { feed }
      : { feed, backfill: { memberId, feed, version } }
  }

  /** Undefined where Redis has none that can be used. */
  async #fromRedis({
    version,
    followingIds,
    heavyIds,
    watermark,
    redisFeed,
  }: LookUp): Promise<FollowingFeed | undefined> {
    if (watermark === undefined || redisFeed === undefined) return undefined
    if (fingerprintOf(followingIds) !== redisFeed.followings) return undefined
    const top = await this.#withHeavyAuthors(redisFeed, heavyIds)
    const mergedAt = this.#clock.arrivalsBefore(watermark.at - this.#mergedMs)
    return mergedAt === undefined ||
      mergedAt < this.#parts.recentPosts.firstArrival ||
      this.#log.wasClearedSince(version)
      ? undefined
      : newFeed(followingIds, top, mergedAt)
  }

  /** The top of a feed from Redis, with the posts of heavy authors, which are not pushed. */
  async #withHeavyAuthors(
    { completeAboveId, entries }: RedisFeed,
    heavyIds: readonly number[],
  ): Promise<FoundEntries> {
    const limit = this.#first
    const heavy =
      heavyIds.length === 0
        ? []
        : await this.#parts.reads.read((sql) =>
            findPostsAbove(sql, heavyIds, completeAboveId, limit),
          )
    // Posts of an author who has become heavy may be in both.
    const authors = new Map(entries.map(({ postId, authorId }) => [postId, authorId]))
    for (const { id, author_id } of heavy) authors.set(id, author_id)
    const merged = [...authors]
      .map(([id, author_id]) => toEntry({ id, author_id }))
      .sort((one, other) => other.postId - one.postId)
    const ended =
      completeAboveId === 0 &&
      entries.length < limit &&
      heavy.length < limit &&
      merged.length <= limit
    return { entries: merged.slice(0, limit), ended }
  }

  async #fromRecentPosts(followingIds: SortedIds): Promise<FollowingFeed> {
    const { recentPosts } = this.#parts
    // Posts that have arrived by now are in the result; later ones are merged afterwards.
    const { arrivals } = recentPosts
    const top = await recentPosts.newestOf(followingIds, undefined, this.#first)
    return newFeed(followingIds, top, arrivals)
  }
}

const newFeed = (
  followingIds: SortedIds,
  { entries, ended }: FoundEntries,
  mergedAt: number,
): FollowingFeed => ({
  followingIds,
  postIds: entries.map(({ postId }) => postId),
  authorIds: entries.map(({ authorId }) => authorId),
  ended,
  mergedAt,
})

/** Keeps the order. A post that is older than the last one belongs to a feed that has ended, and else to its next part. */
function insert(
  { postIds, authorIds, ended }: FollowingFeed,
  { postId, authorId }: FeedEntry,
): void {
  let index = 0
  while (index < postIds.length && (postIds[index] as number) > postId) index += 1
  if (postIds[index] === postId || (index === postIds.length && !ended)) return
  postIds.splice(index, 0, postId)
  authorIds.splice(index, 0, authorId)
}

/** How many moments are kept; there are this many between two merges of `mergedMs`. */
const MAX_RECORDS = 300
const RECORDS_PER_MERGE = 30

interface ArrivalRecord {
  at: number
  arrivals: number
}

/** Translates moments of the database's clock, in milliseconds, into counts of arrivals in `RecentPosts`. */
class ArrivalClock {
  /** Milliseconds between two records. */
  readonly interval: number
  /** Oldest first. Every post that is committed after `at` arrives after `arrivals`. */
  #records: ArrivalRecord[] = []

  constructor(mergedMs: number) {
    this.interval = mergedMs / RECORDS_PER_MERGE
  }

  record(at: number, arrivals: number): void {
    if (at < (this.#records.at(-1)?.at ?? 0) + this.interval) return
    this.#records.push({ at, arrivals })
    if (this.#records.length > 2 * MAX_RECORDS) this.#records = this.#records.slice(MAX_RECORDS)
  }

  /** A count such that every post committed after `at` arrived later. Undefined: nothing is known of that time. */
  arrivalsBefore(at: number): number | undefined {
    return this.#records.findLast((record) => record.at < at)?.arrivals
  }

  clear(): void {
    this.#records = []
  }
}

import type { ReadDatabase } from '@dailyfeed/postgres-support/read-database'
import { findFollowingIds } from './feed-cache.queries.ts'
import type { BackfillRequest, FollowingFeeds } from './following-feeds.ts'
import type { InvalidationLog } from './versioned-cache.ts'
import type { RecentPosts } from './recent-posts.ts'
import { type FillToken, fingerprintOf, type RedisFeeds } from './redis-feeds.ts'

interface RedisBackfillOptions {
  reads: ReadDatabase
  redisFeeds: RedisFeeds
  recentPosts: RecentPosts
  followingFeeds: FollowingFeeds
  log: InvalidationLog
}

/** Writes feeds that were missing in Redis, after the response to the reader whose request loaded them. */
export class RedisBackfill {
  readonly #options: RedisBackfillOptions

  constructor(options: RedisBackfillOptions) {
    this.#options = options
  }

  /**
   * Marks the feed as being filled: posts that are pushed from now on are kept. The caller polls the outboxes before
   * `complete`, so that the feed holds everything that was written before. Undefined while Redis is away.
   */
  start({ memberId }: BackfillRequest): Promise<FillToken | undefined> {
    return this.#options.redisFeeds.startFill(memberId)
  }

  /** Stores the feed, unless it cannot be continued or the member follows others by now: their next read fills another. */
  async complete(token: FillToken, { memberId, feed, version }: BackfillRequest): Promise<void> {
    const { reads, redisFeeds, recentPosts, followingFeeds, log } = this.#options
    // From the database: the outboxes may publish a follow more than once, which does not make the feed a wrong one.
    const followings = fingerprintOf(await reads.read((sql) => findFollowingIds(sql, memberId)))
    if (
      log.wasClearedSince(version) ||
      feed.mergedAt < recentPosts.firstArrival ||
      followings !== fingerprintOf(feed.followingIds)
    )
      return
    followingFeeds.merge(memberId, feed)
    const entries = feed.postIds.map((postId, index) => ({
      postId,
      authorId: feed.authorIds[index] as number,
    }))
    const completeAboveId = feed.ended ? 0 : (feed.postIds.at(-1) ?? 1) - 1
    await redisFeeds.fill(token, { followings, completeAboveId, entries })
  }
}

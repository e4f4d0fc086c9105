import { coalesce } from '@dailyfeed/concurrency/coalesce'
import { badCursor } from '@dailyfeed/pagination-support/cursor'
import { isTransientFault } from '@dailyfeed/postgres-support/fault'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import type { ReadDatabase } from '@dailyfeed/postgres-support/read-database'
import { LRUCache } from 'lru-cache'
import type { FeedSnapshot } from '../feed-cache/feed-cache.ts'
import type { Version } from '../feed-cache/versioned-cache.ts'
import { rankPostsOfFollowings } from './followings-ranking.queries.ts'
import type { RankingRequest } from './ranking.ts'
import { deleteOldSnapshots, findSnapshot, insertSnapshot, rankPosts } from './ranking.queries.ts'

/** The order of a ranking at one moment, stored, so that any instance can serve the pages after the first. */
export interface RankingSnapshot {
  id: number
  postIds: readonly number[]
}

export interface RankingSnapshots {
  /** A recent order that holds everything that this viewer has written. */
  currentFor(
    feed: FeedSnapshot,
    viewerId: number,
    request: RankingRequest,
  ): Promise<RankingSnapshot>
  /** For a page after the first. Throws a ValidationError when the snapshot has expired. */
  getOrThrow(id: number): Promise<RankingSnapshot>
  /** Deletes snapshots that no valid cursor names. */
  clean(): Promise<void>
}

/** A first page shows an order at most this old; five seconds would be allowed. */
const MAX_AGE_MS = 500
/** An order that has not changed is stored once, and served for this long. */
const SERVED_MS = 5 * 60_000
/** A cursor is valid for 15 minutes, also when it was made in the last moment in which its snapshot was served. */
const KEPT_MINUTES = 20
/** 8 KB each. */
const MAX_SNAPSHOTS = 256
/** 2 KB each. */
const MAX_ORDERS_OF_VIEWERS = 4_000

interface StoredSnapshot extends RankingSnapshot {
  storedAt: Date
}

interface CurrentOrder {
  snapshot: StoredSnapshot
  /** Every change observed by then is in the order. */
  version: Version
  /** Milliseconds of `performance.now()`. */
  rankedAt: number
}

/**
 * Ids for orders that could not be stored: while the database accepts no writes, the pages after the
 * first are served by this process only. Throws the error if it will not pass.
 */
function createLocalIds(): (error: unknown) => number {
  let last = 0
  return (error) => {
    if (!isTransientFault(error)) throw error
    last -= 1
    return last
  }
}

/** `reads` ranks, `primary` stores the snapshots. */
export function createRankingSnapshots(reads: ReadDatabase, primary: Queryable): RankingSnapshots {
  // One for each ranking and window: these need no bound.
  const orders = new Map<string, CurrentOrder>()
  const refreshers = new Map<string, () => Promise<CurrentOrder>>()
  const ordersOfViewers = new LRUCache<string, CurrentOrder>({ max: MAX_ORDERS_OF_VIEWERS })
  const snapshots = new LRUCache<number, StoredSnapshot>({ max: MAX_SNAPSHOTS })

  const localId = createLocalIds()

  async function rank(
    feed: FeedSnapshot,
    viewerId: number,
    request: RankingRequest,
  ): Promise<CurrentOrder> {
    const { ranking, window, scope } = request
    const key = keyOf(viewerId, request)
    const ordersOfScope = scope === 'all' ? orders : ordersOfViewers
    const { version } = feed
    const ranked = await reads.read((sql) =>
      scope === 'all'
        ? rankPosts(sql, ranking, window)
        : rankPostsOfFollowings(sql, viewerId, ranking, window),
    )
    const last = ordersOfScope.get(key)?.snapshot
    const isUnchanged =
      last !== undefined &&
      Date.now() - last.storedAt.getTime() < SERVED_MS &&
      isSameOrder(last.postIds, ranked.ids)
    const snapshot = isUnchanged
      ? last
      : {
          id: await insertSnapshot(primary, ranking, window, ranked).catch(localId),
          postIds: ranked.ids,
          storedAt: ranked.taken_at,
        }
    if (!isUnchanged) snapshots.set(snapshot.id, snapshot)
    const order = { snapshot, version, rankedAt: performance.now() }
    ordersOfScope.set(key, order)
    return order
  }

  /** Callers share rankings of all posts: see `coalesce`. A viewer's own ranking is computed for each first page. */
  function refresh(
    feed: FeedSnapshot,
    viewerId: number,
    request: RankingRequest,
  ): Promise<CurrentOrder> {
    if (request.scope === 'followings') return rank(feed, viewerId, request)
    const key = keyOf(viewerId, request)
    const refresher = refreshers.get(key) ?? coalesce(() => rank(feed, viewerId, request))
    refreshers.set(key, refresher)
    return refresher()
  }

  return {
    async currentFor(feed, viewerId, request) {
      // A viewer's own order is never reused: a member whom they have just followed is in it.
      const order = request.scope === 'all' ? orders.get(keyOf(viewerId, request)) : undefined
      const isRecent = order !== undefined && performance.now() - order.rankedAt < MAX_AGE_MS
      if (isRecent && !feed.hasWrittenSince(viewerId, order.version)) return order.snapshot
      return (await refresh(feed, viewerId, request)).snapshot
    },

    async getOrThrow(id) {
      const cached = snapshots.get(id)
      if (cached !== undefined && Date.now() - cached.storedAt.getTime() < KEPT_MINUTES * 60_000)
        return cached
      const row = await findSnapshot(primary, id, KEPT_MINUTES)
      if (row === undefined) throw badCursor()
      const snapshot = { id, postIds: row.post_ids, storedAt: row.taken_at }
      snapshots.set(id, snapshot)
      return snapshot
    },

    clean: () => deleteOldSnapshots(primary, KEPT_MINUTES),
  }
}

/** Rankings of all posts are the same for every viewer; those of followings belong to one. */
const keyOf = (viewerId: number, { ranking, window, scope }: RankingRequest) =>
  `${ranking}:${window}${scope === 'all' ? '' : `:${viewerId}`}`

const isSameOrder = (one: readonly number[], other: readonly number[]) =>
  one.length === other.length && one.every((id, index) => id === other[index])

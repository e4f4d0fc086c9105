import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import type { Sql } from 'postgres'
import type { FeedEntry } from '../feed/feed-entry.ts'
import { MAX_PAGED_ITEMS } from '../feed/feed-limits.ts'
import {
  type ChangeRow,
  findChangesSince,
  findSnapshot,
  MAX_CHANGES,
  type SnapshotRow,
} from '../feed-cache/outbox-changes.queries.ts'
import type { FanOutWatermark, RedisFeeds } from '../feed-cache/redis-feeds.ts'
import { findFollowers, insertHeavyAuthors, tryFanOutLock } from './fan-out.queries.ts'

export interface FanOut {
  /**
   * Pushes everything that was written since the last round of any process, and stores how far it came. Undefined where
   * another process does so. Throws while the database or Redis is away: the next round then does it all.
   */
  round(): Promise<FanOutWatermark | undefined>
  close(): Promise<void>
}

interface FanOutOptions {
  /** A pool of the primary. */
  sql: Sql
  feeds: RedisFeeds
  /** Followers from which an author is heavy. */
  heavyFrom: number
  log: { warn(fields: object, message: string): void }
  /** Milliseconds between two rounds. Undefined: tests call `round`. */
  every?: number | undefined
}

/** Beyond this time since the last round, or `MAX_CHANGES`, it is cheaper to fill all feeds again. */
const MAX_GAP_MS = 600_000
const AUTHORS_AT_ONCE = 100
/** Followers that are in memory at once, about 5 MB with their entries. */
const FOLLOWERS_AT_ONCE = 50_000
/** As many commands as one connection pipelines well. */
const FEEDS_AT_ONCE = 500

/**
 * Pushes new posts into the feeds that followers have in Redis, and drops the feeds of members who follow others now. It
 * polls the outboxes, so that it needs no broker. No read waits for it: posts that are not pushed yet are merged when a
 * feed is read.
 */
export function createFanOut({ sql, feeds, heavyFrom, log, every }: FanOutOptions): FanOut {
  const stopping = new AbortController()

  async function round(): Promise<FanOutWatermark | undefined> {
    const { watermark, runs } = await feeds.readWatermark()
    const next = watermark?.runs === runs ? await pushSince(watermark) : await newGeneration(runs)
    if (next !== undefined) await feeds.storeWatermark(next)
    return next
  }

  async function newGeneration(runs: string): Promise<FanOutWatermark> {
    return { generation: randomUUID(), runs, ...momentOf(await findSnapshot(sql)) }
  }

  async function pushSince(watermark: FanOutWatermark): Promise<FanOutWatermark | undefined> {
    const { started_at } = await findSnapshot(sql)
    const gap = started_at - watermark.at
    if (gap < 0 || gap > MAX_GAP_MS) return newGeneration(watermark.runs)
    // Another process has just done a round.
    if (every !== undefined && gap < every * 0.8) return undefined
    const pushed = await pushChanges(watermark.xmin, Math.ceil(gap / 1_000) + 1)
    if (pushed === undefined) return undefined
    if (pushed.isCut) return newGeneration(watermark.runs)
    // Persist heavy authors before the watermark: readers that see it must know whose posts are missing.
    if (pushed.heavyIds.length > 0) await insertHeavyAuthors(sql, pushed.heavyIds)
    return { ...watermark, ...momentOf(pushed.snapshot) }
  }

  /**
   * Undefined where another process holds the lock. Followers are read in the snapshot in which the posts were seen: the
   * feed of a follower who left and came back since is dropped by a later round.
   */
  async function pushChanges(
    xmin: number,
    seconds: number,
  ): Promise<{ snapshot: SnapshotRow; heavyIds: number[]; isCut: boolean } | undefined> {
    const pushed = await sql.begin('isolation level repeatable read read only', async (begun) => {
      if (!(await tryFanOutLock(begun))) return []
      const { changes, ...snapshot } = await findChangesSince(begun, xmin, seconds)
      const heavyIds: number[] = []
      if (changes.length > MAX_CHANGES) return [{ snapshot, heavyIds, isCut: true }]
      await inBatches(feedsToDrop(changes), (memberId) => feeds.drop(memberId))
      const posts = postsByAuthor(changes)
      for (const authorIds of slices([...posts.keys()], authorsAtOnce(heavyFrom)))
        heavyIds.push(...(await pushPosts(begun, authorIds, posts, { feeds, heavyFrom })))
      return [{ snapshot, heavyIds, isCut: false }]
    })
    return pushed[0]
  }

  const running =
    every === undefined ? Promise.resolve() : runRounds(round, every, stopping.signal, log)

  return {
    round,
    async close() {
      stopping.abort()
      await running
    },
  }
}

/** Returns those of the authors who are heavy now. */
async function pushPosts(
  transaction: Queryable,
  authorIds: readonly number[],
  posts: ReadonlyMap<number, FeedEntry[]>,
  { feeds, heavyFrom }: Pick<FanOutOptions, 'feeds' | 'heavyFrom'>,
): Promise<number[]> {
  const heavyIds: number[] = []
  const entries = new Map<number, FeedEntry[]>()
  for (const row of await findFollowers(transaction, authorIds, heavyFrom)) {
    const { author_id: authorId, follower_ids: followerIds } = row
    const own = newestOf(posts.get(authorId) ?? [])
    if (followerIds.length >= heavyFrom) heavyIds.push(authorId)
    else
      for (const id of followerIds) {
        const others = entries.get(id)
        entries.set(id, others === undefined ? own : others.concat(own))
      }
  }
  await inBatches(entries, ([memberId, pushed]) => feeds.push(memberId, pushed))
  return heavyIds
}

/** Until `stopping`. A round that fails is logged once, until one succeeds. */
async function runRounds(
  round: () => Promise<unknown>,
  pause: number,
  stopping: AbortSignal,
  log: FanOutOptions['log'],
): Promise<void> {
  let isFailing = false
  while (!stopping.aborted) {
    try {
      await round()
      isFailing = false
    } catch (err) {
      if (!isFailing && !stopping.aborted)
        log.warn(
          { err },
          'fan-out failed: new posts are not pushed to Redis; retried until it succeeds',
        )
      isFailing = true
    }
    await sleep(pause, undefined, { signal: stopping, ref: false }).catch(() => {})
  }
}

const momentOf = ({ xmin, started_at }: SnapshotRow): Pick<FanOutWatermark, 'at' | 'xmin'> => ({
  at: started_at,
  xmin,
})

function feedsToDrop(changes: readonly ChangeRow[]): Set<number> {
  const members = new Set<number>()
  for (const { post_id: postId, member_id: memberId, target_member_id: targetId } of changes) {
    if (postId !== null) continue
    members.add(memberId)
    if (targetId !== null) members.add(targetId)
  }
  return members
}

const postsByAuthor = (changes: readonly ChangeRow[]): Map<number, FeedEntry[]> =>
  Map.groupBy(
    changes.flatMap(({ activity_type: type, post_id: postId, member_id: authorId }) =>
      type === 'POST_CREATE' && postId !== null ? [{ postId, authorId }] : [],
    ),
    ({ authorId }) => authorId,
  )

/** One more than a feed holds, so that pushing them trims it and nothing below them is taken for complete. */
const newestOf = (posts: FeedEntry[]): FeedEntry[] =>
  posts.length <= MAX_PAGED_ITEMS
    ? posts
    : posts.toSorted((a, b) => b.postId - a.postId).slice(0, MAX_PAGED_ITEMS + 1)

const authorsAtOnce = (heavyFrom: number): number =>
  Math.max(1, Math.min(AUTHORS_AT_ONCE, Math.floor(FOLLOWERS_AT_ONCE / heavyFrom)))

async function inBatches<Item>(
  items: Iterable<Item>,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  for (const batch of slices([...items], FEEDS_AT_ONCE)) await Promise.all(batch.map(work))
}

function* slices<Item>(items: readonly Item[], size: number): IterableIterator<Item[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size)
}

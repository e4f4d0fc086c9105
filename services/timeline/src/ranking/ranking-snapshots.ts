import { badCursor } from '@dailyfeed/pagination-support/cursor'
import type { ReadDatabase } from '@dailyfeed/postgres-support/read-database'
import type { Sql } from 'postgres'
import { sharedByThoseWhoWait } from '../shared-by-those-who-wait.ts'
import type { Mark } from '../memory/heard.ts'
import type { MemoryOfNow } from '../memory/memory.ts'
import { TwoGenerations } from '../memory/two-generations.ts'
import { rankPostsOfFollowings } from './followings-ranking.queries.ts'
import type { RankingRequest } from './ranking.ts'
import { deleteOldSnapshots, findSnapshot, insertSnapshot, rankPosts } from './ranking.queries.ts'

/** The order of a ranking at one moment, stored, so that any instance goes on with a walk through it. */
export interface RankingSnapshot {
  id: number
  postIds: readonly number[]
}

export interface RankingSnapshots {
  /** An order that is young, and holds all that this viewer has written. */
  currentFor(now: MemoryOfNow, viewerId: number, request: RankingRequest): Promise<RankingSnapshot>
  /** For a walk that goes on. Throws a ValidationError when the snapshot has been cleaned away. */
  getOrThrow(id: number): Promise<RankingSnapshot>
  /** Deletes what no cursor may name any more. */
  clean(): Promise<void>
}

/** A first page shows an order at most this old; the design allows 5 s. */
const MAX_AGE_MILLISECONDS = 500
/** An order that has not changed is stored once, and handed out this long. */
const HANDED_OUT_MILLISECONDS = 5 * 60_000
/** A cursor lives 15 minutes, also when its snapshot was the last to be handed out. */
const KEPT_MINUTES = 20
/** 8 KB each. */
const REMEMBERED = 256
/** 2 KB each. */
const REMEMBERED_OF_VIEWERS = 2_000

interface Remembered extends RankingSnapshot {
  storedAt: Date
}

interface Current {
  snapshot: Remembered
  /** What had been heard of by then is in the order. */
  mark: Mark
  /** By this process's clock. */
  receivedAt: number
}

/** `reads` ranks, `primary` keeps the snapshots. */
export function createRankingSnapshots(reads: ReadDatabase, primary: Sql): RankingSnapshots {
  const current = new Map<string, Current>()
  const currentOfViewers = new TwoGenerations<string, Current>(REMEMBERED_OF_VIEWERS)
  const remembered = new Map<number, Remembered>()
  const refreshers = new Map<string, () => Promise<Current>>()

  function remember(snapshot: Remembered): void {
    remembered.set(snapshot.id, snapshot)
    const [oldest] = remembered.keys()
    if (remembered.size > REMEMBERED && oldest !== undefined) remembered.delete(oldest)
  }

  /** Everybody sees the same order of all posts, and each viewer one of their own of those whom they follow. */
  const keyOf = (viewerId: number, { ranking, window, scope }: RankingRequest) =>
    `${ranking}:${window}${scope === 'all' ? '' : `:${viewerId}`}`
  const currentOf = ({ scope }: RankingRequest) => (scope === 'all' ? current : currentOfViewers)

  async function rank(
    now: MemoryOfNow,
    viewerId: number,
    request: RankingRequest,
  ): Promise<Current> {
    const { ranking, window, scope } = request
    const key = keyOf(viewerId, request)
    const { mark } = now
    const ranked = await reads.read((sql) =>
      scope === 'all'
        ? rankPosts(sql, ranking, window)
        : rankPostsOfFollowings(sql, viewerId, ranking, window),
    )
    const last = currentOf(request).get(key)?.snapshot
    const isSame =
      last !== undefined &&
      Date.now() - last.storedAt.getTime() < HANDED_OUT_MILLISECONDS &&
      isSameOrder(last.postIds, ranked.ids)
    const snapshot = isSame
      ? last
      : {
          id: await insertSnapshot(primary, ranking, window, ranked),
          postIds: ranked.ids,
          storedAt: ranked.taken_at,
        }
    if (!isSame) remember(snapshot)
    const made = { snapshot, mark, receivedAt: performance.now() }
    currentOf(request).set(key, made)
    return made
  }

  /** All who ask while one ranking runs share the next one, which begins after they asked. */
  function refresh(now: MemoryOfNow, viewerId: number, request: RankingRequest): Promise<Current> {
    if (request.scope === 'followings') return rank(now, viewerId, request)
    const key = keyOf(viewerId, request)
    const refresher =
      refreshers.get(key) ?? sharedByThoseWhoWait(() => rank(now, viewerId, request))
    refreshers.set(key, refresher)
    return refresher()
  }

  return {
    async currentFor(now, viewerId, request) {
      // One's own order is made for each first page: whom one has just followed is in it.
      const known = request.scope === 'all' ? current.get(keyOf(viewerId, request)) : undefined
      const isYoung =
        known !== undefined && performance.now() - known.receivedAt < MAX_AGE_MILLISECONDS
      if (isYoung && !now.hasWrittenSince(viewerId, known.mark)) return known.snapshot
      return (await refresh(now, viewerId, request)).snapshot
    },

    async getOrThrow(id) {
      const known = remembered.get(id)
      if (known !== undefined && Date.now() - known.storedAt.getTime() < KEPT_MINUTES * 60_000)
        return known
      const row = await findSnapshot(primary, id, KEPT_MINUTES)
      if (row === undefined) throw badCursor()
      const snapshot = { id, postIds: row.post_ids, storedAt: row.taken_at }
      remember(snapshot)
      return snapshot
    },

    clean: () => deleteOldSnapshots(primary, KEPT_MINUTES),
  }
}

const isSameOrder = (one: readonly number[], other: readonly number[]) =>
  one.length === other.length && one.every((id, index) => id === other[index])

import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Sql } from 'postgres'
import {
  type ChangeRow,
  findChangesSince,
  findSettled,
  type SettledRow,
} from '../memory/change.queries.ts'
import type { CachedEntry, CachedFeeds, Reach } from './cached-feeds.ts'
import { findFollowers, insertHeavyAuthors, isOnlyOne } from './fan-out.queries.ts'

export interface FanOut {
  /**
   * Pushes what was written since the last time, by whichever process, and says so. Undefined where another process is
   * at it. Throws while the database or Redis is away: nothing is said then, and the next round does it.
   */
  round(): Promise<Reach | undefined>
  close(): Promise<void>
}

interface FanOutOptions {
  /** Of the primary. */
  sql: Sql
  feeds: CachedFeeds
  /** An author with so many followers is heavy. */
  heavyFrom: number
  log: { warn(fields: object, message: string): void }
  /** Milliseconds; undefined: rounds are asked for, in tests. */
  every?: number | undefined
}

/** Older than the last round by so much, it is cheaper that feeds are filled anew. */
const LONGEST_GAP_MILLISECONDS = 600_000
const AUTHORS_AT_ONCE = 100
const FEEDS_AT_ONCE = 500

/**
 * Takes new posts to the cached feeds of those who follow their authors, and drops the feeds of those who now follow
 * others. It goes by the outboxes, like what a process remembers, so that it needs no broker. Nobody's reading waits for
 * it: what is not pushed yet is merged when a feed is read.
 */
export function createFanOut({ sql, feeds, heavyFrom, log, every }: FanOutOptions): FanOut {
  const ending = new AbortController()
  let isFailing = false

  async function round(): Promise<Reach | undefined> {
    const { reach, runs } = await feeds.findReach()
    const next = reach?.runs === runs ? await goOn(reach) : await beginAnew(runs)
    if (next !== undefined) await feeds.keepReach(next)
    return next
  }

  async function beginAnew(runs: string): Promise<Reach> {
    return { generation: randomUUID(), runs, ...reachedBy(await findSettled(sql)) }
  }

  async function goOn(reach: Reach): Promise<Reach | undefined> {
    const { asked_at } = await findSettled(sql)
    const gap = asked_at - reach.at
    if (gap < 0 || gap > LONGEST_GAP_MILLISECONDS) return beginAnew(reach.runs)
    // Another process has just done it.
    if (every !== undefined && gap < every * 0.8) return undefined
    const heavy: number[] = []
    // Who follows whom is read as it was when the post was seen: who left and came back since has a feed that was dropped.
    const seen = (await sql.begin('isolation level repeatable read read only', async (begun) => {
      const transaction = begun as unknown as Sql
      if (!(await isOnlyOne(transaction))) return undefined
      const row = await findChangesSince(transaction, reach.settled, Math.ceil(gap / 1_000) + 1)
      await each(feedsToDrop(row.changes), (memberId) => feeds.drop(memberId))
      const posts = postsByAuthor(row.changes)
      for (const authorIds of slices([...posts.keys()], AUTHORS_AT_ONCE))
        heavy.push(...(await pushAll(transaction, authorIds, posts)))
      return row
    })) as SettledRow | undefined
    if (seen === undefined) return undefined
    // Before it is said how far this went: whoever hears of that knows who was left out.
    if (heavy.length > 0) await insertHeavyAuthors(sql, heavy)
    return { ...reach, ...reachedBy(seen) }
  }

  /** Returns those who are heavy now. */
  async function pushAll(
    transaction: Sql,
    authorIds: readonly number[],
    posts: ReadonlyMap<number, CachedEntry[]>,
  ): Promise<number[]> {
    const heavy: number[] = []
    const entries = new Map<number, CachedEntry[]>()
    for (const { author_id: author, follower_ids: followers } of await findFollowers(
      transaction,
      authorIds,
      heavyFrom,
    )) {
      if (followers.length >= heavyFrom) heavy.push(author)
      else
        for (const follower of followers)
          entries.set(follower, (entries.get(follower) ?? []).concat(posts.get(author) ?? []))
    }
    await each(entries, ([memberId, ofMember]) => feeds.push(memberId, ofMember))
    return heavy
  }

  async function keepGoing(pause: number): Promise<void> {
    while (!ending.signal.aborted) {
      try {
        await round()
        isFailing = false
      } catch (err) {
        if (!isFailing && !ending.signal.aborted)
          log.warn(
            { err },
            'new posts are not pushed into cached feeds; tried again until they are',
          )
        isFailing = true
      }
      await sleep(pause, undefined, { signal: ending.signal, ref: false }).catch(() => {})
    }
  }

  const going = every === undefined ? Promise.resolve() : keepGoing(every)

  return {
    round,
    async close() {
      ending.abort()
      await going
    },
  }
}

const reachedBy = ({ settled, asked_at }: SettledRow): Pick<Reach, 'at' | 'settled'> => ({
  at: asked_at,
  settled,
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

const postsByAuthor = (changes: readonly ChangeRow[]): Map<number, CachedEntry[]> =>
  Map.groupBy(
    changes.flatMap(({ activity_type: type, post_id: id, member_id: author }) =>
      type === 'POST_CREATE' && id !== null ? [{ id, author }] : [],
    ),
    ({ author }) => author,
  )

/** Some hundreds at once: as many commands as one connection takes well. */
async function each<Item>(
  items: Iterable<Item>,
  act: (item: Item) => Promise<void>,
): Promise<void> {
  for (const slice of slices([...items], FEEDS_AT_ONCE)) await Promise.all(slice.map(act))
}

function* slices<Item>(items: readonly Item[], size: number): IterableIterator<Item[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size)
}

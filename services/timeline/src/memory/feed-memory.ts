import type { WriteSignal } from '@dailyfeed/deadletter-support/write-signal'
import type { ReadDatabase } from '@dailyfeed/postgres-support/read-database'
import type { Sql } from 'postgres'
import { type CachedFeeds, fingerprintOf, type Reach } from '../fan-out/cached-feeds.ts'
import { type FeedTop, readCachedFeedTop, readFeedTop, readFeedTopOfOneMoment } from '../fan-out/feed-top.ts'
import { MAX_PAGED_ITEMS } from '../feed/feed.ts'
import { findAuthors } from '../feed/hydration.queries.ts'
import { toPost } from '../feed/post.mapper.ts'
import { isWanted } from '../feed/rules.ts'
import type { ChangeRow } from './change.queries.ts'
import { createChangeTail } from './change-tail.ts'
import { type FragmentRow, findFragments, findLikedIds } from './feed-memory.queries.ts'
import { TwoGenerations } from './two-generations.ts'

/** A post as its JSON, in the bytes of UTF-8 held by a one-byte string: joined and sent without being encoded again. */
interface Fragment {
  liked: string
  notLiked: string
  /** Views come without an event of their own. Milliseconds of `performance.now()`. */
  expiresAt: number
}

/** What is known of one viewer. */
interface Viewer {
  followings: Set<number>
  /** The newest posts of the followings, newest first, with their authors. */
  ids: number[]
  authors: number[]
  /** Whether there is nothing older. */
  ended: boolean
  wanted: Map<number, boolean>
  likes: Map<number, boolean>
  /** The first of the recent posts that has not been looked at for this feed. */
  from: number
  expiresAt: number
}

export interface FeedStretch {
  /** JSON of the posts, newest first, with commas between: the bytes of UTF-8 in a one-byte string. */
  fragments: string
  /** Undefined where there are none. */
  lastId: number | undefined
  /** Whether there is at least one more. */
  hasNext: boolean
}

export interface FeedMemory {
  /**
   * `size` posts below `before`, or after the first `skip`. Exactly what the database says at the moment of the call, of
   * views what it said two seconds ago. Undefined where the page reaches beyond what is remembered.
   */
  read(viewerId: number, page: { before: number | undefined; skip: number; size: number }): Promise<FeedStretch | undefined>
}

interface FeedMemoryOptions {
  reads: ReadDatabase
  primary: Sql
  signal: WriteSignal | undefined
  /** Shared with other processes, and over restarts: spares the search for a viewer's newest posts. Absent: each process by itself. */
  cachedFeeds?: CachedFeeds | undefined
  /** For tests: posts of one viewer that are remembered, those of a new one, and for how long. */
  most?: number
  first?: number
  viewerLifeMilliseconds?: number
  mergedMilliseconds?: number
}

const FRAGMENTS = 25_000
const VIEWERS = 5_000
const FRAGMENT_LIFE_MILLISECONDS = 2_000
const VIEWER_LIFE_MILLISECONDS = 60_000
/** A new viewer's feed: five pages. */
const FIRST_IDS = 100
const RECENT_POSTS = 20_000
/**
 * Into a cached feed everything is merged that was written since so long before the last push: a Redis that failed over may
 * have lost what it was told last, and clocks may be set.
 */
const MERGED_MILLISECONDS = 30_000
/** How many moments are known after which recent posts were committed; of a merge, a thirtieth lies between them. */
const MARKS = 300
const MARKS_OF_A_MERGE = 30

/**
 * The first pages of following feeds, from memory. Nothing in it is older than the last act that was committed before
 * the read: acts are heard of by the outboxes, before each read, and whatever they touch is forgotten.
 */
export function createFeedMemory(options: FeedMemoryOptions): FeedMemory {
  const { reads, primary, signal, cachedFeeds, most = MAX_PAGED_ITEMS, first = FIRST_IDS } = options
  const { viewerLifeMilliseconds = VIEWER_LIFE_MILLISECONDS, mergedMilliseconds = MERGED_MILLISECONDS } = options
  const markEvery = mergedMilliseconds / MARKS_OF_A_MERGE
  const fragments = new TwoGenerations<number, Fragment | 'GONE'>(FRAGMENTS)
  const fragmentAuthors = new Map<number, Set<number>>()
  const viewers = new TwoGenerations<number, Viewer>(VIEWERS)
  let recent: { id: number; author: number }[] = []
  /** How many recent posts have been dropped from the front. */
  let dropped = 0
  /** Every post that is committed after `at`, in milliseconds of the database's clock, is a recent one from `from` on. Oldest first. */
  let marks: { at: number; from: number }[] = []
  // By which change something was touched last: a look-up that began before does not end in memory.
  const touched = new TwoGenerations<string, number>(50_000)
  let changes = 0
  let forgotten = 0

  const touch = (key: string) => touched.set(key, changes)
  const isTouchedSince = (key: string, number: number) => (touched.get(key) ?? -1) > number

  function forgetPost(id: number): void {
    fragments.delete(id)
    touch(`post ${id}`)
  }

  function forgetViewer(id: number | null): void {
    if (id === null) return
    viewers.delete(id)
    touch(`viewer ${id}`)
  }

  /** Name, visibility, or whom they blocked. */
  function forgetAuthor(id: number): void {
    for (const postId of fragmentAuthors.get(id) ?? []) forgetPost(postId)
    fragmentAuthors.delete(id)
    for (const [, viewer] of viewers.entries()) viewer.wanted.delete(id)
    touch(`author ${id}`)
  }

  function apply({ activity_type: type, member_id: memberId, post_id: postId, target_member_id: targetId }: ChangeRow): void {
    changes += 1
    if (type === 'POST_CREATE' && postId !== null) {
      recent.push({ id: postId, author: memberId })
      if (recent.length > 2 * RECENT_POSTS) {
        recent = recent.slice(RECENT_POSTS)
        dropped += RECENT_POSTS
      }
    }
    if (postId !== null) {
      forgetPost(postId)
      if (type.startsWith('LIKE_POST')) {
        viewers.get(memberId)?.likes.delete(postId)
        touch(`likes ${memberId}`)
      }
      return
    }
    forgetViewer(memberId)
    forgetViewer(targetId)
    if (type === 'MEMBER_PROFILE_UPDATE' || type === 'MEMBER_WITHDRAW' || type === 'MEMBER_RESTORE') forgetAuthor(memberId)
  }

  const tail = createChangeTail({
    sql: primary,
    signal,
    apply,
    forget() {
      fragments.clear()
      fragmentAuthors.clear()
      viewers.clear()
      recent = []
      dropped = 0
      marks = []
      forgotten += 1
    },
    reached(at) {
      if (cachedFeeds === undefined || at < (marks.at(-1)?.at ?? 0) + markEvery) return
      marks.push({ at, from: dropped + recent.length })
      if (marks.length > 2 * MARKS) marks = marks.slice(MARKS)
    },
    async beginningAt() {
      const reach = await cachedFeeds?.reach()
      return reach === undefined ? undefined : reach.at - mergedMilliseconds - markEvery - 1
    },
  })

  async function loadViewer(viewerId: number): Promise<Viewer> {
    const [number, before] = [changes, forgotten]
    const viewer = (await loadFromCachedFeed(viewerId)) ?? (await loadFromDatabase(viewerId))
    if (before === forgotten && !isTouchedSince(`viewer ${viewerId}`, number)) viewers.set(viewerId, viewer)
    return viewer
  }

  function newViewer({ followings, entries, ended }: FeedTop, from: number): Viewer {
    return {
      followings: new Set(followings),
      ids: entries.map(({ id }) => id),
      authors: entries.map(({ author }) => author),
      ended,
      wanted: new Map(),
      likes: new Map(),
      from,
      expiresAt: performance.now() + viewerLifeMilliseconds,
    }
  }

  async function loadFromDatabase(viewerId: number): Promise<Viewer> {
    // What has been heard of by now is in what is read, what comes meanwhile is taken up afterwards.
    const from = dropped + recent.length
    return newViewer(await reads.read((sql) => readFeedTop(sql, viewerId, first)), from)
  }

  /** Undefined where Redis is away, or does not say how far posts were pushed. */
  async function loadFromCachedFeed(viewerId: number): Promise<Viewer | undefined> {
    const before = forgotten
    const found = await cachedFeeds?.find(viewerId, first)
    if (cachedFeeds === undefined || found === undefined) return undefined
    const { reach, feed } = found
    const loaded = feed && (await reads.read((sql) => readCachedFeedTop(sql, viewerId, feed, first)))
    const from = marks.findLast(({ at }) => at < reach.at - mergedMilliseconds)?.from
    if (loaded === undefined || from === undefined || from < dropped || before !== forgotten) return fillCachedFeed(cachedFeeds, viewerId, reach)
    return newViewer(loaded, from)
  }

  async function fillCachedFeed(feeds: CachedFeeds, viewerId: number, reach: Reach): Promise<Viewer | undefined> {
    const filling = await feeds.beginFilling(viewerId, reach)
    if (filling === undefined) return undefined
    const from = dropped + recent.length
    const top = await reads.read((sql) => readFeedTopOfOneMoment(sql, viewerId, first))
    const above = top.ended ? 0 : (top.entries.at(-1)?.id ?? 1) - 1
    // Nobody waits for it.
    void feeds.fill(filling, { followings: fingerprintOf(top.followings), above, entries: top.entries })
    return newViewer(top, from)
  }

  /** Takes up what the followings have written since. */
  function takeUpRecent(viewer: Viewer): void {
    for (const { id, author } of recent.slice(viewer.from - dropped)) {
      if (!viewer.followings.has(author)) continue
      let place = 0
      while (place < viewer.ids.length && (viewer.ids[place] ?? 0) > id) place += 1
      if (viewer.ids[place] === id || (place === viewer.ids.length && !viewer.ended)) continue
      viewer.ids.splice(place, 0, id)
      viewer.authors.splice(place, 0, author)
    }
    viewer.from = dropped + recent.length
    if (viewer.ids.length <= most) return
    viewer.ids.length = most
    viewer.authors.length = most
    viewer.ended = false
  }

  async function loadFragments(ids: readonly number[], found: Map<number, Fragment | 'GONE'>): Promise<void> {
    if (ids.length === 0) return
    const [number, before] = [changes, forgotten]
    const rows = new Map((await reads.read((sql) => findFragments(sql, ids))).map((row) => [row.id, row]))
    const expiresAt = performance.now() + FRAGMENT_LIFE_MILLISECONDS
    for (const id of ids) {
      const row = rows.get(id)
      const fragment = row === undefined ? 'GONE' : { ...jsonOf(row), expiresAt }
      found.set(id, fragment)
      if (before !== forgotten || isTouchedSince(`post ${id}`, number) || (row !== undefined && isTouchedSince(`author ${row.author_id}`, number))) continue
      // One that is gone stays so: it is not asked for again in this feed.
      fragments.set(id, fragment)
      if (row === undefined) continue
      const ofAuthor = fragmentAuthors.get(row.author_id)
      if (ofAuthor === undefined) fragmentAuthors.set(row.author_id, new Set([id]))
      else ofAuthor.add(id)
    }
    if (fragmentAuthors.size > 2 * FRAGMENTS) {
      fragments.clear()
      fragmentAuthors.clear()
    }
  }

  async function loadWanted(viewerId: number, viewer: Viewer, authorIds: readonly number[]): Promise<void> {
    if (authorIds.length === 0) return
    const number = changes
    const rows = new Map((await findAuthors(primary, viewerId, authorIds)).map((row) => [row.member_id, row]))
    // Whom an act touched meanwhile is judged again by the next read; this one began before that act.
    for (const id of authorIds) viewer.wanted.set(id, isWanted(rows.get(id)))
    for (const id of authorIds) if (isTouchedSince(`author ${id}`, number)) viewers.delete(viewerId)
  }

  async function loadLikes(viewerId: number, viewer: Viewer, postIds: readonly number[]): Promise<void> {
    if (postIds.length === 0) return
    const number = changes
    const liked = new Set(await reads.read((sql) => findLikedIds(sql, viewerId, postIds)))
    for (const id of postIds) viewer.likes.set(id, liked.has(id))
    if (isTouchedSince(`likes ${viewerId}`, number)) viewers.delete(viewerId)
  }

  return {
    async read(viewerId, { before, skip, size }) {
      const waiting = tail.catchUp()
      if (waiting !== undefined) await waiting
      const known = viewers.get(viewerId)
      const viewer = known !== undefined && known.from >= dropped && known.expiresAt > performance.now() ? known : await loadViewer(viewerId)
      takeUpRecent(viewer)

      const { ids, authors } = viewer
      const loaded = new Map<number, Fragment | 'GONE'>()
      for (;;) {
        // Put together by `+=`: the parts are copied once, when they are sent.
        let shown = ''
        let count = 0
        let lastId: number | undefined
        const missingPosts: number[] = []
        const missingLikes: number[] = []
        const missingAuthors = new Set<number>()
        const now = performance.now()
        let toSkip = skip
        let place = 0
        if (before !== undefined) while (place < ids.length && (ids[place] ?? 0) >= before) place += 1
        // One more than asked for tells whether there is more. What is not known yet counts as shown, and is asked for.
        for (; place < ids.length && count + missingPosts.length <= size + toSkip; place += 1) {
          const [id, author] = [ids[place] as number, authors[place] as number]
          const wanted = viewer.wanted.get(author)
          if (wanted === undefined) missingAuthors.add(author)
          if (wanted === false) continue
          const fragment = loaded.get(id) ?? fragments.get(id)
          if (fragment === 'GONE') continue
          if (toSkip > 0 && fragment !== undefined && wanted === true) {
            toSkip -= 1
            continue
          }
          const liked = viewer.likes.get(id)
          if (liked === undefined) missingLikes.push(id)
          if (fragment === undefined || (fragment.expiresAt < now && !loaded.has(id))) missingPosts.push(id)
          else {
            count += 1
            if (count > size) continue
            shown += (count === 1 ? '' : ',') + (liked === true ? fragment.liked : fragment.notLiked)
            lastId = id
          }
        }
        if (missingPosts.length + missingLikes.length + missingAuthors.size > 0) {
          await Promise.all([loadFragments(missingPosts, loaded), loadLikes(viewerId, viewer, missingLikes), loadWanted(viewerId, viewer, [...missingAuthors])])
          continue
        }
        if (count <= size && !viewer.ended) return undefined
        return { fragments: shown, lastId, hasNext: count > size }
      }
    },
  }
}

/** Copied once, so that no rope of its parts stays behind. */
const oneByteString = (text: string): string => Buffer.from(text).toString('latin1')

function jsonOf(row: FragmentRow): { liked: string; notLiked: string } {
  const post = (liked: boolean) =>
    oneByteString(JSON.stringify(toPost({ post: { ...row, liked }, author: { ...row, member_id: row.author_id, visible: true, muted: false } })))
  return { liked: post(true), notLiked: post(false) }
}

import type { ReadDatabase } from '@dailyfeed/postgres-support/read-database'
import {
  type CachedFeed,
  type CachedFeeds,
  fingerprintOf,
  type Reach,
} from '../fan-out/cached-feeds.ts'
import { readFeedTop } from '../fan-out/feed-top.ts'
import { MAX_PAGED_ITEMS } from '../feed/feed.ts'
import { findFollowingIds } from '../following/following.queries.ts'
import type { Heard, Mark } from './heard.ts'
import { createLaterWork } from './later-work.ts'
import { createNewestPosts, type PostsOfAuthors } from './newest-posts.ts'
import { Remembered } from './remembered.ts'
import { hasId, type SortedIds } from './sorted-ids.ts'
import type { Viewers } from './viewers.ts'

/** The newest posts of those whom a member follows. */
export interface FollowedPosts {
  readonly followings: SortedIds
  /** Newest first. */
  readonly ids: number[]
  /** Of each of the ids. */
  readonly authors: number[]
  /** Whether there is nothing older. */
  ended: boolean
  /** The first of the recent posts that has not been looked at for this feed. */
  from: number
}

/** Of a member who is not remembered. */
interface LookedUp {
  /** When it was begun. */
  mark: Mark
  followings: SortedIds
  /** Those of them whose posts are not in cached feeds. */
  heavy: readonly number[]
  /** Undefined where feeds are not cached, or cannot be had. */
  reach: Reach | undefined
  feed: CachedFeed | undefined
}

export interface FollowedPostsOfMembers {
  /** As of now. */
  of(memberId: number): Promise<FollowedPosts>
  /** Takes up older ones. False where no more are remembered. */
  extend(memberId: number, posts: FollowedPosts): Promise<boolean>
  add(postId: number, authorId: number): void
  /** Of whoever follows others now. */
  touchMember(id: number): void
  forget(): void
  /** All that is committed later than this moment of the database's clock, in milliseconds, will be told after this. */
  reached(at: number): void
  /** From where what was written must be told after everything was forgotten; undefined: from now on. */
  beginningAt(): Promise<number | undefined>
}

export interface FollowedPostsOptions {
  reads: ReadDatabase
  /** When it returns, every act that was committed before the call has been told. */
  hear: () => Promise<void> | undefined
  meet: Viewers['meet']
  /** Shared with other processes, and over restarts: spares the search for a member's newest posts. Absent: each process by itself. */
  cachedFeeds?: CachedFeeds | undefined
  /** For tests: posts of one member that are remembered, those of a new one, and for how long; posts of everybody; and how soon cached feeds are filled. */
  most?: number
  first?: number
  newest?: number
  lifeMilliseconds?: number
  mergedMilliseconds?: number
  fillingPauseMilliseconds?: number
}

/** Of one generation, and there are two. */
const MOST_MEMBERS = 5_000
const LIFE_MILLISECONDS = 60_000
/** Of a member who has just come: a page, one that tells whether there is another, and some that may be hidden from them. */
const FIRST_IDS = 25
/** Looked for in one go. */
const MOST_IDS_AT_ONCE = 200
const RECENT_POSTS = 20_000
/**
 * Into a cached feed everything is merged that was written since so long before the last push: a Redis that failed over may
 * have lost what it was told last, and clocks may be set.
 */
const MERGED_MILLISECONDS = 30_000
/** How many moments are known after which recent posts were committed; of a merge, a thirtieth lies between them. */
const MARKS = 300
const MARKS_OF_A_MERGE = 30
/** That wait. A reader for whom there is no more room is searched for again by the next process that meets them. */
const MOST_FILLINGS = 1_000
/** At 600 new readers a second, fillings one after the other without a pause cost others 4 ms (p99). */
const FILLING_PAUSE_MILLISECONDS = 20

export function createFollowedPosts(
  {
    reads,
    hear,
    meet,
    cachedFeeds,
    most = MAX_PAGED_ITEMS,
    first = FIRST_IDS,
    newest,
    lifeMilliseconds = LIFE_MILLISECONDS,
    mergedMilliseconds = MERGED_MILLISECONDS,
    fillingPauseMilliseconds = FILLING_PAUSE_MILLISECONDS,
  }: FollowedPostsOptions,
  heard: Heard,
): FollowedPostsOfMembers {
  const markEvery = mergedMilliseconds / MARKS_OF_A_MERGE
  const known = new Remembered<FollowedPosts>(heard, { lifeMilliseconds, most: MOST_MEMBERS })
  const newestPosts = createNewestPosts(reads, newest)
  const fillings = createLaterWork(MOST_FILLINGS, fillingPauseMilliseconds)
  let recent: { id: number; author: number }[] = []
  /** How many recent posts have been dropped from the front. */
  let dropped = 0
  /** Every post that is committed after `at`, in milliseconds of the database's clock, is a recent one from `from` on. Oldest first. */
  let marks: { at: number; from: number }[] = []

  const endOfRecent = () => dropped + recent.length

  function find(memberId: number): FollowedPosts | undefined {
    const posts = known.find(memberId)?.value
    return posts === undefined || posts.from < dropped ? undefined : posts
  }

  async function lookUp(memberId: number): Promise<LookedUp> {
    const { mark } = heard
    // Before the others: posts of an author who became heavy by then are not in the feed, later ones are merged.
    const reach = await cachedFeeds?.reach()
    const [feed, { following_ids: followings, heavy_ids: heavy }] = await Promise.all([
      reach && cachedFeeds?.find(memberId, reach, first),
      meet(memberId),
    ])
    return { mark, followings, heavy, reach, feed }
  }

  async function load(memberId: number, lookedUp: LookedUp): Promise<FollowedPosts> {
    const { mark, followings, reach, feed } = lookedUp
    const cached = feed && reach && (await loadFromCachedFeed(lookedUp, feed, reach))
    const posts = cached ?? (await loadFromNewestPosts(followings))
    known.keep(memberId, posts, mark)
    if (cachedFeeds !== undefined && reach !== undefined && cached === undefined)
      fillings.add(() => fillCachedFeed(cachedFeeds, memberId, posts, mark))
    return posts
  }

  function newPosts(
    followings: SortedIds,
    { entries, ended }: PostsOfAuthors,
    from: number,
  ): FollowedPosts {
    return {
      followings,
      ids: entries.map(({ id }) => id),
      authors: entries.map(({ author }) => author),
      ended,
      from,
    }
  }

  async function loadFromNewestPosts(followings: SortedIds): Promise<FollowedPosts> {
    // What has been heard of by now is in what is read, what comes meanwhile is taken up afterwards.
    const from = endOfRecent()
    return newPosts(followings, await newestPosts.of(followings, undefined, first), from)
  }

  /** Undefined where there is none to go by. */
  async function loadFromCachedFeed(
    { mark, followings, heavy }: LookedUp,
    feed: CachedFeed,
    reach: Reach,
  ): Promise<FollowedPosts | undefined> {
    if (fingerprintOf(followings) !== feed.followings) return undefined
    const top = await readFeedTop(reads, feed, heavy, first)
    const from = marks.findLast(({ at }) => at < reach.at - mergedMilliseconds)?.from
    return from === undefined || from < dropped || heard.hasForgottenSince(mark)
      ? undefined
      : newPosts(followings, top, from)
  }

  /** With posts that were looked up since `mark`. */
  async function fillCachedFeed(
    feeds: CachedFeeds,
    memberId: number,
    posts: FollowedPosts,
    mark: Mark,
  ): Promise<void> {
    const filling = await feeds.beginFilling(memberId)
    if (filling === undefined) return
    // What was heard of before may be older than the promise.
    await hear()
    const followings = fingerprintOf(await reads.read((sql) => findFollowingIds(sql, memberId)))
    // Whoever follows others by now is given a feed when they read again.
    if (
      heard.hasForgottenSince(mark) ||
      posts.from < dropped ||
      followings !== fingerprintOf(posts.followings)
    )
      return
    takeUpRecent(memberId, posts)
    const above = posts.ended ? 0 : (posts.ids.at(-1) ?? 1) - 1
    const entries = posts.ids.map((id, place) => ({ id, author: posts.authors[place] as number }))
    await feeds.fill(filling, { followings, above, entries })
  }

  async function findOrLoad(
    memberId: number,
    isMissing: boolean,
    hearing: Promise<void> | undefined,
  ): Promise<FollowedPosts> {
    // Beside each other: what is looked up now is of now, and what is told meanwhile is taken up afterwards, or keeps it from being remembered.
    const [lookedUp] = await Promise.all([isMissing ? lookUp(memberId) : undefined, hearing])
    const isGood = lookedUp !== undefined && !heard.hasForgottenSince(lookedUp.mark)
    return find(memberId) ?? load(memberId, isGood ? lookedUp : await lookUp(memberId))
  }

  /** Takes up what the followings have written since. */
  function takeUpRecent(memberId: number, posts: FollowedPosts): void {
    // Some of it may be lost: good enough for a read that began before, and for no other.
    if (posts.from < dropped) known.delete(memberId)
    for (const { id, author } of recent.slice(Math.max(0, posts.from - dropped))) {
      if (!hasId(posts.followings, author)) continue
      let place = 0
      while (place < posts.ids.length && (posts.ids[place] ?? 0) > id) place += 1
      if (posts.ids[place] === id || (place === posts.ids.length && !posts.ended)) continue
      posts.ids.splice(place, 0, id)
      posts.authors.splice(place, 0, author)
    }
    posts.from = endOfRecent()
    if (posts.ids.length <= most) return
    posts.ids.length = most
    posts.authors.length = most
    posts.ended = false
  }

  return {
    async of(memberId) {
      const hearing = hear()
      const atHand = find(memberId)
      const posts =
        atHand !== undefined && hearing === undefined
          ? atHand
          : await findOrLoad(memberId, atHand === undefined, hearing)
      if (posts.from < endOfRecent()) takeUpRecent(memberId, posts)
      return posts
    },

    async extend(memberId, posts) {
      const last = posts.ids.at(-1)
      const limit = Math.min(most - posts.ids.length, posts.ids.length, MOST_IDS_AT_ONCE)
      if (posts.ended || last === undefined || limit <= 0) return false
      const from = endOfRecent()
      const { entries, ended } = await newestPosts.of(posts.followings, last, limit)
      // Somebody else may have done it meanwhile, or what was last then may have been cut off.
      if (posts.ids.at(-1) !== last) return true
      for (const { id, author } of entries) {
        posts.ids.push(id)
        posts.authors.push(author)
      }
      posts.ended = ended
      // What came meanwhile was looked at when it lay below the last.
      posts.from = Math.min(posts.from, from)
      takeUpRecent(memberId, posts)
      return true
    },

    add(postId, authorId) {
      newestPosts.add(postId, authorId)
      recent.push({ id: postId, author: authorId })
      if (recent.length <= 2 * RECENT_POSTS) return
      recent = recent.slice(RECENT_POSTS)
      dropped += RECENT_POSTS
    },

    touchMember: (id) => known.touch(id),

    forget() {
      newestPosts.forget()
      dropped = endOfRecent()
      recent = []
      marks = []
    },

    reached(at) {
      if (cachedFeeds === undefined || at < (marks.at(-1)?.at ?? 0) + markEvery) return
      marks.push({ at, from: endOfRecent() })
      if (marks.length > 2 * MARKS) marks = marks.slice(MARKS)
    },

    async beginningAt() {
      const reach = await cachedFeeds?.reach()
      return reach === undefined ? undefined : reach.at - mergedMilliseconds - markEvery - 1
    },
  }
}

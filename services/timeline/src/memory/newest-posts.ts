import type { ReadDatabase } from '@dailyfeed/postgres-support/read-database'
import type { CachedEntry } from '../fan-out/cached-feeds.ts'
import { findEntriesByAuthor } from '../following/following.queries.ts'
import { findNewestPostsOfAll } from './memory.queries.ts'
import { hasId, type SortedIds } from './sorted-ids.ts'

export interface PostsOfAuthors {
  /** Newest first. */
  entries: CachedEntry[]
  /** Whether there is nothing older. */
  ended: boolean
}

/** The newest posts of everybody: who has just come is shown those of their followings without a search. */
export interface NewestPosts {
  /** The newest posts of these authors with an id below `before`; undefined: of all. What is older than all that is remembered is asked of the database. */
  of(authorIds: SortedIds, before: number | undefined, limit: number): Promise<PostsOfAuthors>
  add(postId: number, authorId: number): void
  forget(): void
}

/** Oldest first. */
interface Known {
  ids: number[]
  authors: number[]
  /** No live post with this id or a higher one is missing; 0: none at all. */
  from: number
  /** Milliseconds of `performance.now()`. */
  oldFrom: number
}

/** Remembered of everybody, and up to as many more. */
export const NEWEST_POSTS = 20_000
/** Posts that nobody told of, as those of an operator's SQL, are among them after so long. */
const LIFE_MILLISECONDS = 10_000
/** So many posts are looked through for each author before each author is asked in the database: about as long takes that. */
const POSTS_PER_AUTHOR = 100
/** Authors whose ids end alike: a look at that end, which is a tenth of a search among ids, passes over nearly all who are not followed. */
const ID_ENDS = 65_536
const endOf = (id: number) => id & (ID_ENDS - 1)

export function createNewestPosts(reads: ReadDatabase, most = NEWEST_POSTS): NewestPosts {
  let known: Known | undefined
  let loading: Promise<void> | undefined
  /** Since loading began; undefined while nothing is loaded. */
  let heardMeanwhile: CachedEntry[] | undefined
  /** 1 at the ends of the ids that are searched for; all 0 between searches. */
  const sought = new Uint8Array(ID_ENDS)

  async function load(): Promise<void> {
    const heard: CachedEntry[] = []
    heardMeanwhile = heard
    try {
      const { ids, author_ids: authors } = await reads.read((sql) =>
        findNewestPostsOfAll(sql, most),
      )
      // All was forgotten meanwhile: what comes after that is not heard by this one.
      if (heardMeanwhile !== heard) return
      known = {
        ids,
        authors,
        from: ids.length < most ? 0 : (ids[0] ?? 0),
        oldFrom: performance.now() + LIFE_MILLISECONDS,
      }
      for (const { id, author } of heard) insert(known, id, author)
    } finally {
      if (heardMeanwhile === heard) heardMeanwhile = undefined
    }
  }

  function shareLoading(): Promise<void> {
    if (loading !== undefined) return loading
    const mine = load().finally(() => {
      if (loading === mine) loading = undefined
    })
    loading = mine
    return mine
  }

  async function loaded(): Promise<Known> {
    while (known === undefined) await shareLoading()
    // Nobody waits for it: all that was told is in the old ones too.
    if (known.oldFrom < performance.now()) shareLoading().catch(() => {})
    return known
  }

  function insert({ ids, authors, from }: Known, id: number, author: number): void {
    let place = ids.length
    while (place > 0 && (ids[place - 1] ?? 0) > id) place -= 1
    if (id < from || ids[place - 1] === id) return
    ids.splice(place, 0, id)
    authors.splice(place, 0, author)
  }

  return {
    async of(authorIds, before = Number.POSITIVE_INFINITY, limit) {
      const { ids, authors, from } = await loaded()
      const entries: CachedEntry[] = []
      let place = ids.length - 1
      while (place >= 0 && (ids[place] ?? 0) >= before) place -= 1
      const lowest = Math.max(0, place + 1 - POSTS_PER_AUTHOR * authorIds.length)
      for (const id of authorIds) sought[endOf(id)] = 1
      for (; place >= lowest && entries.length < limit; place -= 1) {
        const author = authors[place] as number
        if (sought[endOf(author)] === 1 && hasId(authorIds, author))
          entries.push({ id: ids[place] as number, author })
      }
      for (const id of authorIds) sought[endOf(id)] = 0
      const seenFrom = place < 0 ? from : (ids[place + 1] ?? before)
      if (entries.length < limit && seenFrom > 0 && authorIds.length > 0) {
        const stretch = {
          authorIds,
          before: Math.min(seenFrom, before),
          limit: limit - entries.length,
        }
        for (const { id, author_id: author } of await reads.read((sql) =>
          findEntriesByAuthor(sql, stretch),
        ))
          entries.push({ id, author })
      }
      return { entries, ended: entries.length < limit }
    },

    add(postId, authorId) {
      heardMeanwhile?.push({ id: postId, author: authorId })
      if (known === undefined) return
      insert(known, postId, authorId)
      if (known.ids.length <= 2 * most) return
      known = {
        ...known,
        ids: known.ids.slice(most),
        authors: known.authors.slice(most),
        from: known.ids[most] ?? 0,
      }
    },

    forget() {
      known = undefined
      loading = undefined
      heardMeanwhile = undefined
    },
  }
}

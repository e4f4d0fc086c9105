import type { Sql } from 'postgres'
import type { PostsOfAuthors } from '../memory/newest-posts.ts'
import type { SortedIds } from '../memory/sorted-ids.ts'
import { type CachedFeed, fingerprintOf } from './cached-feeds.ts'
import { findFollowings, findNewestPosts } from './fan-out.queries.ts'

/** The top of a member's feed, and whom they follow. */
export interface FeedTop extends PostsOfAuthors {
  followings: SortedIds
}

/**
 * A cached feed with what heavy authors wrote merged into it. Undefined where the member follows others by now. `feed` was
 * found before: an author whose posts it lacks was known as heavy by then.
 */
export async function readCachedFeedTop(sql: Sql, memberId: number, feed: CachedFeed, most: number): Promise<FeedTop | undefined> {
  const rows = await findFollowings(sql, memberId)
  const followings = rows.map(({ id }) => id)
  if (fingerprintOf(followings) !== feed.followings) return undefined
  const heavy = rows.filter((row) => row.heavy).map(({ id }) => id)
  const merged = heavy.length === 0 ? [] : await findNewestPosts(sql, heavy, feed.above, most)
  // Of an author who has become heavy some posts are in both.
  const authors = new Map(feed.entries.map(({ id, author }) => [id, author]))
  for (const { id, author_id: author } of merged) authors.set(id, author)
  const entries = [...authors].map(([id, author]) => ({ id, author })).sort((one, other) => other.id - one.id)
  const ended = feed.above === 0 && feed.entries.length < most && merged.length < most && entries.length <= most
  return { followings, entries: entries.slice(0, most), ended }
}

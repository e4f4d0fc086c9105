import type { ReadDatabase } from '@dailyfeed/postgres-support/read-database'
import type { PostsOfAuthors } from '../memory/newest-posts.ts'
import type { CachedFeed } from './cached-feeds.ts'
import { findNewestPosts } from './fan-out.queries.ts'

/** The top of a cached feed, with what heavy authors wrote merged into it. */
export async function readFeedTop(
  reads: ReadDatabase,
  feed: CachedFeed,
  heavyIds: readonly number[],
  most: number,
): Promise<PostsOfAuthors> {
  const merged =
    heavyIds.length === 0
      ? []
      : await reads.read((sql) => findNewestPosts(sql, heavyIds, feed.above, most))
  // Of an author who has become heavy some posts are in both.
  const authors = new Map(feed.entries.map(({ id, author }) => [id, author]))
  for (const { id, author_id: author } of merged) authors.set(id, author)
  const entries = [...authors]
    .map(([id, author]) => ({ id, author }))
    .sort((one, other) => other.id - one.id)
  const ended =
    feed.above === 0 && feed.entries.length < most && merged.length < most && entries.length <= most
  return { entries: entries.slice(0, most), ended }
}

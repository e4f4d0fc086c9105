import { setImmediate as breathe } from 'node:timers/promises'
import type { Sql } from 'postgres'
import { searchVectorOf } from '../text/search-vector.ts'
import { type CommentIndexTable, deleteGoneComments, findLiveComments, findOutdatedCommentsOf, upsertComments } from './comment-index.queries.ts'
import { deleteGonePosts, findLivePosts, findOutdatedPostsOf, type IndexEntry, type PostIndexTable, upsertPosts } from './post-index.queries.ts'

/** Makes the index hold these posts as content-svc has them now, and no more those that are deleted. Returns how many changed. */
export async function indexPosts(sql: Sql, postIds: readonly number[], table: PostIndexTable = 'post_index'): Promise<number> {
  const posts = await findLivePosts(sql, postIds)
  const entries = await entriesOf(posts, ({ title, content }) => [title, content])
  const indexed = entries.length === 0 ? 0 : await upsertPosts(sql, table, entries)
  return indexed + (posts.length === postIds.length ? 0 : await deleteGonePosts(sql, table, postIds))
}

/** The same for comments; those of a deleted post count as deleted. */
export async function indexComments(sql: Sql, commentIds: readonly number[], table: CommentIndexTable = 'comment_index'): Promise<number> {
  const comments = await findLiveComments(sql, commentIds)
  const entries = await entriesOf(comments, ({ content }) => [content])
  const indexed = entries.length === 0 ? 0 : await upsertComments(sql, table, entries)
  return indexed + (comments.length === commentIds.length ? 0 : await deleteGoneComments(sql, table, commentIds))
}

/** Characters: about 20 ms of work, after which other requests get their turn. */
const CHARACTERS_PER_TURN = 15_000

async function entriesOf<Row extends { id: number; version: number }>(rows: readonly Row[], sectionsOf: (row: Row) => string[]): Promise<IndexEntry[]> {
  const entries: IndexEntry[] = []
  let characters = 0
  for (const row of rows) {
    const sections = sectionsOf(row)
    entries.push({ id: row.id, version: row.version, tokens: searchVectorOf(sections) })
    characters += sections.reduce((sum, { length }) => sum + length, 0)
    if (characters < CHARACTERS_PER_TURN) continue
    characters = 0
    await breathe()
  }
  return entries
}

/**
 * Of a member's own things that wait to be indexed, the latest this many. Each search takes up what is new since the
 * one before, so there are more only where nobody searched while a hundred events waited.
 */
const OWN_LIMIT = 100

/** What a member wrote or edited a moment ago is found by that member's very next search, however far the listener is. */
export async function indexOwnPosts(sql: Sql, memberId: number): Promise<void> {
  const outdated = await findOutdatedPostsOf(sql, memberId, OWN_LIMIT)
  if (outdated.length > 0)
    await indexPosts(
      sql,
      outdated.map(({ id }) => id),
    )
}

export async function indexOwnComments(sql: Sql, memberId: number): Promise<void> {
  const outdated = await findOutdatedCommentsOf(sql, memberId, OWN_LIMIT)
  if (outdated.length > 0)
    await indexComments(
      sql,
      outdated.map(({ id }) => id),
    )
}

import { setImmediate as breathe } from 'node:timers/promises'
import {
  inTransaction as beginTransaction,
  type Queryable,
} from '@dailyfeed/postgres-support/queryable'
import type { Sql } from 'postgres'
import type { IndexedDocument, IndexTable, SearchEngine } from '../engine/search-engine.ts'
import {
  type CommentIndexTable,
  deleteComments,
  deleteCommentsOf,
  findCommentsOfGonePosts,
  findGoneComments,
  findLiveComments,
  findOutdatedCommentsOf,
  upsertComments,
} from './comment-index.queries.ts'
import {
  deletePosts,
  deletePostsOf,
  findGonePosts,
  findLivePosts,
  findOutdatedPostsOf,
  type IndexEntry,
  type PostIndexTable,
  upsertPosts,
  wasIndexedLately,
} from './post-index.queries.ts'

/** PostgreSQL tracks which posts and comments are indexed; the engine stores their text. */
export interface IndexWriter {
  sql: Queryable
  engine: SearchEngine
}
export interface Index extends IndexWriter {
  sql: Sql
}

/**
 * Rows first, the engine before they are committed: their locks keep two writers of one thing in order, a rebuilt index
 * takes its place between two transactions, and no row promises what the engine does not have.
 */
const inTransaction = <Result>(
  { sql, engine }: IndexWriter,
  work: (index: IndexWriter) => Promise<Result>,
): Promise<Result> =>
  'begin' in sql
    ? beginTransaction(sql, (transaction) => work({ sql: transaction, engine }))
    : work({ sql, engine })

/** Makes the index hold these posts as content-svc has them now, and no more those that are deleted. Returns how many changed. */
export const indexPosts = (
  index: IndexWriter,
  postIds: readonly number[],
  table: PostIndexTable = 'post_index',
): Promise<number> =>
  inTransaction(index, async ({ sql, engine }) => {
    const posts = await findLivePosts(sql, postIds)
    const documents = posts.map(({ id, version, author_id, created_at, title, content }) => ({
      id,
      version,
      authorId: author_id,
      createdAt: created_at,
      sections: [title, content],
    }))
    const indexed =
      documents.length === 0
        ? []
        : await upsertPosts(sql, table, await entriesOf(engine, documents))
    await engine.put(table, onlyThese(documents, indexed))
    if (indexed.length === postIds.length) return indexed.length
    const gone = await findGonePosts(sql, postIds)
    const removed = gone.length === 0 ? 0 : await deletePosts(sql, table, gone)
    await engine.remove(table, gone)
    return indexed.length + removed
  })

/** The same for comments; those of a deleted post count as deleted. */
export const indexComments = (
  index: IndexWriter,
  commentIds: readonly number[],
  table: CommentIndexTable = 'comment_index',
): Promise<number> =>
  inTransaction(index, async ({ sql, engine }) => {
    const comments = await findLiveComments(sql, commentIds)
    const documents = comments.map(({ id, version, post_id, author_id, created_at, content }) => ({
      id,
      version,
      authorId: author_id,
      postId: post_id,
      createdAt: created_at,
      sections: [content],
    }))
    const indexed =
      documents.length === 0
        ? []
        : await upsertComments(sql, table, await entriesOf(engine, documents))
    await engine.put(table, onlyThese(documents, indexed))
    if (indexed.length === commentIds.length) return indexed.length
    const gone = await findGoneComments(sql, commentIds)
    const removed = gone.length === 0 ? 0 : await deleteComments(sql, table, gone)
    await engine.remove(table, gone)
    return indexed.length + removed
  })

const onlyThese = (
  documents: readonly IndexedDocument[],
  ids: readonly number[],
): IndexedDocument[] => {
  const wanted = new Set(ids)
  return documents.filter(({ id }) => wanted.has(id))
}

/** The comments of posts that are deleted are no longer found. */
export const unindexCommentsOfGonePosts = (
  index: IndexWriter,
  postIds: readonly number[],
): Promise<number> =>
  inTransaction(index, async ({ sql, engine }) => {
    const gone = await findCommentsOfGonePosts(sql, postIds)
    if (gone.length > 0) await deleteComments(sql, 'comment_index', gone)
    await engine.remove('comment_index', gone)
    return gone.length
  })

/** Returns how many of these members' posts are found no more. */
export const unindexPostsOf = (index: IndexWriter, authorIds: readonly number[]): Promise<number> =>
  inTransaction(index, async ({ sql, engine }) => {
    const removed = await deletePostsOf(sql, authorIds)
    await engine.removeAuthors('post_index', authorIds)
    return removed
  })

export const unindexCommentsOf = (
  index: IndexWriter,
  authorIds: readonly number[],
): Promise<number> =>
  inTransaction(index, async ({ sql, engine }) => {
    const removed = await deleteCommentsOf(sql, authorIds)
    await engine.removeAuthors('comment_index', authorIds)
    return removed
  })

/** Characters: about 20 ms of work, after which other requests get their turn. */
const CHARACTERS_PER_TURN = 15_000

async function entriesOf(
  engine: SearchEngine,
  documents: readonly IndexedDocument[],
): Promise<IndexEntry[]> {
  const entries: IndexEntry[] = []
  let characters = 0
  for (const { id, version, sections } of documents) {
    entries.push({ id, version, tokens: engine.tokensOf(sections) })
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
export async function indexOwnPosts(index: Index, memberId: number): Promise<void> {
  const outdated = await findOutdatedPostsOf(index.sql, memberId, OWN_LIMIT)
  if (outdated.length > 0)
    await indexPosts(
      index,
      outdated.map(({ id }) => id),
    )
  await showLately(index, 'post_index', memberId)
}

export async function indexOwnComments(index: Index, memberId: number): Promise<void> {
  const outdated = await findOutdatedCommentsOf(index.sql, memberId, OWN_LIMIT)
  if (outdated.length > 0)
    await indexComments(
      index,
      outdated.map(({ id }) => id),
    )
  await showLately(index, 'comment_index', memberId)
}

/** Twice the delay: it counts from when the row was written, and the engine's turn may just have begun. */
async function showLately(
  { sql, engine }: Index,
  table: IndexTable,
  memberId: number,
): Promise<void> {
  if (
    engine.delaySeconds > 0 &&
    (await wasIndexedLately(sql, table, memberId, 2 * engine.delaySeconds))
  )
    await engine.refresh(table)
}

import { yieldToEventLoop } from '@dailyfeed/concurrency/yield-to-event-loop'
import { isWriteRefused } from '@dailyfeed/postgres-support/fault'
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
  wasIndexedWithin,
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
 * Writes the rows first, and the engine before the commit. The locks of the rows then keep two
 * writers of one document in order, a rebuilt index is swapped in between two transactions, and no
 * committed row names a document that the engine does not have.
 */
const inTransaction = <Result>(
  { sql, engine }: IndexWriter,
  work: (index: IndexWriter) => Promise<Result>,
): Promise<Result> =>
  'begin' in sql
    ? beginTransaction(sql, (transaction) => work({ sql: transaction, engine }))
    : work({ sql, engine })

interface ContentQueries<Table extends IndexTable> {
  findDocuments(sql: Queryable, ids: readonly number[]): Promise<IndexedDocument[]>
  /** Returns the ids that changed. */
  upsert(sql: Queryable, table: Table, entries: readonly IndexEntry[]): Promise<number[]>
  findGone(sql: Queryable, ids: readonly number[]): Promise<number[]>
  /** Returns how many were deleted. */
  delete(sql: Queryable, table: Table, ids: readonly number[]): Promise<number>
}

const POSTS: ContentQueries<PostIndexTable> = {
  findDocuments: async (sql, ids) =>
    (await findLivePosts(sql, ids)).map((row) => ({
      id: row.id,
      version: row.version,
      authorId: row.author_id,
      createdAt: row.created_at,
      sections: [row.title, row.content],
    })),
  upsert: upsertPosts,
  findGone: findGonePosts,
  delete: deletePosts,
}

const COMMENTS: ContentQueries<CommentIndexTable> = {
  findDocuments: async (sql, ids) =>
    (await findLiveComments(sql, ids)).map((row) => ({
      id: row.id,
      version: row.version,
      authorId: row.author_id,
      postId: row.post_id,
      createdAt: row.created_at,
      sections: [row.content],
    })),
  upsert: upsertComments,
  findGone: findGoneComments,
  delete: deleteComments,
}

/**
 * Indexes the current state of these posts, and removes the deleted ones. Returns how many changed.
 */
export const indexPosts = (
  index: IndexWriter,
  postIds: readonly number[],
  table: PostIndexTable = 'post_index',
): Promise<number> => indexContent(index, POSTS, table, postIds)

/** Indexes comments in the same way; the comments of a deleted post count as deleted. */
export const indexComments = (
  index: IndexWriter,
  commentIds: readonly number[],
  table: CommentIndexTable = 'comment_index',
): Promise<number> => indexContent(index, COMMENTS, table, commentIds)

const indexContent = <Table extends IndexTable>(
  index: IndexWriter,
  queries: ContentQueries<Table>,
  table: Table,
  ids: readonly number[],
): Promise<number> =>
  inTransaction(index, async ({ sql, engine }) => {
    const documents = await queries.findDocuments(sql, ids)
    const entries = await entriesOf(engine, documents)
    const changed = new Set(entries.length === 0 ? [] : await queries.upsert(sql, table, entries))
    await engine.put(
      table,
      documents.filter(({ id }) => changed.has(id)),
    )
    if (changed.size === ids.length) return changed.size
    const gone = await queries.findGone(sql, ids)
    const removed = gone.length === 0 ? 0 : await queries.delete(sql, table, gone)
    await engine.remove(table, gone)
    return changed.size + removed
  })

/** Removes the comments of those of these posts that are deleted. Returns how many. */
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

/** Removes the posts of these members from the index. Returns how many. */
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

/** About 20 ms of work; then waiting requests of this process get their turn. */
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
    await yieldToEventLoop()
  }
  return entries
}

/**
 * The maximum number of a member's own posts or comments that a search indexes, newest first. More
 * are pending only if the listener is a hundred of the member's events behind.
 */
const OWN_LIMIT = 100

/** While the database can only be read, searches go on without what is not indexed yet. */
function unlessWritesAreRefused(error: unknown): void {
  if (!isWriteRefused(error)) throw error
}

/**
 * Indexes the member's own new and edited posts without waiting for their events, so that the
 * member's next search finds them (read your writes).
 */
export async function ensureOwnPostsIndexed(index: Index, memberId: number): Promise<void> {
  const outdated = await findOutdatedPostsOf(index.sql, memberId, OWN_LIMIT)
  if (outdated.length > 0)
    await indexPosts(
      index,
      outdated.map(({ id }) => id),
    ).catch(unlessWritesAreRefused)
  await refreshIfRecent(index, 'post_index', memberId)
}

export async function ensureOwnCommentsIndexed(index: Index, memberId: number): Promise<void> {
  const outdated = await findOutdatedCommentsOf(index.sql, memberId, OWN_LIMIT)
  if (outdated.length > 0)
    await indexComments(
      index,
      outdated.map(({ id }) => id),
    ).catch(unlessWritesAreRefused)
  await refreshIfRecent(index, 'comment_index', memberId)
}

/**
 * Makes documents visible that the member has just written and another process may have indexed.
 * Within twice the delay: it runs from the write of the row, and the engine may just have begun.
 */
async function refreshIfRecent(
  { sql, engine }: Index,
  table: IndexTable,
  memberId: number,
): Promise<void> {
  if (
    engine.delaySeconds > 0 &&
    (await wasIndexedWithin(sql, table, memberId, 2 * engine.delaySeconds))
  )
    await engine.refresh(table)
}

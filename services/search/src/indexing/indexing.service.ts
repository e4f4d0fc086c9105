import { type BatchBounds, batchFrom } from '@dailyfeed/concurrency/bounded-batch'
import { inBoundedBatches } from '@dailyfeed/postgres-support/bounded-batches'
import { isWriteRefused } from '@dailyfeed/postgres-support/fault'
import type { IndexTable } from '../engine/search-engine.ts'
import {
  type CommentIndexTable,
  deleteComments,
  deleteCommentsOf,
  findCommentsOfGonePosts,
  findCommentsToIndex,
  findGoneComments,
  findLiveComments,
  findOutdatedCommentsOf,
  upsertComments,
} from './comment-index.queries.ts'
import {
  type ContentQueries,
  type Index,
  indexContent,
  type IndexLimits,
  type IndexWriter,
  inTransaction,
  type OnFailedDocument,
} from './index-content.ts'
import {
  deletePosts,
  deletePostsOf,
  findGonePosts,
  findLivePosts,
  findOutdatedPostsOf,
  findPostsToIndex,
  type PostIndexTable,
  type SizedRow,
  upsertPosts,
  wasIndexedWithin,
} from './post-index.queries.ts'

const POSTS: ContentQueries<PostIndexTable> = {
  findToIndex: findPostsToIndex,
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
  findToIndex: findCommentsToIndex,
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

const throwFailure: OnFailedDocument = (_id, error) => {
  throw error
}

/** By default the failure of a document is thrown, and no time limit holds. */
interface IndexOptions<Table> extends Partial<IndexLimits> {
  table?: Table
}

const limitsOf = ({ onFailed, endsAt }: Partial<IndexLimits>): IndexLimits => ({
  onFailed: onFailed ?? throwFailure,
  endsAt: endsAt ?? Number.POSITIVE_INFINITY,
})

/**
 * Indexes the current state of these posts, and removes the deleted ones. Returns how many changed.
 */
export const indexPosts = (
  index: IndexWriter,
  postIds: readonly number[],
  { table = 'post_index', ...limits }: IndexOptions<PostIndexTable> = {},
): Promise<number> => indexContent(index, POSTS, table, postIds, limitsOf(limits))

/** Indexes comments in the same way; the comments of a deleted post count as deleted. */
export const indexComments = (
  index: IndexWriter,
  commentIds: readonly number[],
  { table = 'comment_index', ...limits }: IndexOptions<CommentIndexTable> = {},
): Promise<number> => indexContent(index, COMMENTS, table, commentIds, limitsOf(limits))

/** Entries that one transaction removes: the comments of one post, or the posts of one member, may be a million. */
const REMOVED_AT_ONCE = 1_000

/** Repeats a removal of at most `limit` entries until nothing is left. Returns how many there were. */
const removeAll = (removeSome: (limit: number) => Promise<number>): Promise<number> =>
  inBoundedBatches(removeSome, { batch: REMOVED_AT_ONCE, milliseconds: Number.POSITIVE_INFINITY })

/** Removes the comments of those of these posts that are deleted. Returns how many. */
export const unindexCommentsOfGonePosts = (
  index: IndexWriter,
  postIds: readonly number[],
): Promise<number> =>
  removeAll((limit) =>
    inTransaction(index, async ({ sql, engine }) => {
      const gone = await findCommentsOfGonePosts(sql, postIds, limit)
      if (gone.length > 0) await deleteComments(sql, 'comment_index', gone)
      await engine.remove('comment_index', gone)
      return gone.length
    }),
  )

/** Removes the posts of these members from the index. Returns how many. */
export async function unindexPostsOf(
  { sql, engine }: IndexWriter,
  authorIds: readonly number[],
): Promise<number> {
  const removed = await removeAll((limit) => deletePostsOf(sql, authorIds, limit))
  await engine.removeAuthors('post_index', authorIds)
  return removed
}

export async function unindexCommentsOf(
  { sql, engine }: IndexWriter,
  authorIds: readonly number[],
): Promise<number> {
  const removed = await removeAll((limit) => deleteCommentsOf(sql, authorIds, limit))
  await engine.removeAuthors('comment_index', authorIds)
  return removed
}

/**
 * The member's own newest posts or comments that a search indexes before it answers. More is pending only if the
 * listener is behind; it indexes the rest.
 */
const OWN: BatchBounds = { items: 100, bytes: 64 * 1_024 }

/** The part of the member's outdated content that is indexed at once. */
const ownBatchOf = (rows: readonly SizedRow[]): number[] =>
  batchFrom(rows, 0, ({ bytes }) => bytes, OWN).map(({ id }) => id)

/** The search is answered without it. */
const leaveToListener: OnFailedDocument = () => {}

/** While the database can only be read, searches go on without what is not indexed yet. */
function unlessWritesAreRefused(error: unknown): void {
  if (!isWriteRefused(error)) throw error
}

/**
 * Indexes the member's own new and edited posts without waiting for their events, so that the
 * member's next search finds them (read your writes).
 */
export async function ensureOwnPostsIndexed(index: Index, memberId: number): Promise<void> {
  const outdated = await findOutdatedPostsOf(index.sql, memberId, OWN.items)
  if (outdated.length > 0)
    await indexPosts(index, ownBatchOf(outdated), { onFailed: leaveToListener }).catch(
      unlessWritesAreRefused,
    )
  await refreshIfRecent(index, 'post_index', memberId)
}

export async function ensureOwnCommentsIndexed(index: Index, memberId: number): Promise<void> {
  const outdated = await findOutdatedCommentsOf(index.sql, memberId, OWN.items)
  if (outdated.length > 0)
    await indexComments(index, ownBatchOf(outdated), { onFailed: leaveToListener }).catch(
      unlessWritesAreRefused,
    )
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

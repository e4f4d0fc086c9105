import { isExcessiveWork } from '@dailyfeed/postgres-support/fault'
import {
  type CommentIndexTable,
  findOutdatedComments,
  findHighestCommentId,
} from './comment-index.queries.ts'
import type { Index } from './index-content.ts'
import { indexComments, indexPosts } from './indexing.service.ts'
import { prepareIndex } from './index-location.service.ts'
import { findOutdatedPosts, findHighestPostId, type PostIndexTable } from './post-index.queries.ts'

/** Ids that one statement compares. */
const RANGE_SIZE = 20_000
const BATCH_SIZE = 500

export interface IndexTables {
  posts: PostIndexTable
  comments: CommentIndexTable
}

const CURRENT: IndexTables = { posts: 'post_index', comments: 'comment_index' }

export interface IndexProgress {
  kind: 'posts' | 'comments'
  /** The highest id processed. */
  done: number
  /** The highest id of all. */
  of: number
}

/** How many were added, replaced or removed. */
export interface IndexedCounts {
  posts: number
  comments: number
  /** Documents that could not be indexed even alone; the next run tries them again. Absent without any. */
  failed?: number
}

/** Adds up the counts of several runs. Only failures of the last one count: it has tried those of the others again. */
export const addCounts = (runs: readonly IndexedCounts[]): IndexedCounts => ({
  posts: runs.reduce((sum, { posts }) => sum + posts, 0),
  comments: runs.reduce((sum, { comments }) => sum + comments, 0),
  ...failedCount(runs.at(-1)?.failed ?? 0),
})

const failedCount = (failed: number): Pick<IndexedCounts, 'failed'> =>
  failed === 0 ? {} : { failed }

/**
 * Compares the index with content-svc and repairs every difference: rows that were loaded without
 * events, an empty index, a new one. Returns how many rows it changed; a second run changes none.
 */
export async function catchUp(
  index: Index,
  tables: IndexTables = CURRENT,
  onProgress: (progress: IndexProgress) => void = () => {},
): Promise<IndexedCounts> {
  const { sql, engine } = index
  let failed = 0
  const onFailed = () => {
    failed += 1
  }
  if (tables === CURRENT) await prepareIndex(index)
  const posts = await repairRanges({
    highestId: await findHighestPostId(sql, tables.posts),
    findOutdated: (fromId, toId) => findOutdatedPosts(sql, tables.posts, fromId, toId),
    index: (ids) => indexPosts(index, ids, { table: tables.posts, onFailed }),
    onProgress: (done, of) => onProgress({ kind: 'posts', done, of }),
  })
  const comments = await repairRanges({
    highestId: await findHighestCommentId(sql, tables.comments),
    findOutdated: (fromId, toId) => findOutdatedComments(sql, tables.comments, fromId, toId),
    index: (ids) => indexComments(index, ids, { table: tables.comments, onFailed }),
    onProgress: (done, of) => onProgress({ kind: 'comments', done, of }),
  })
  for (const table of Object.values(tables)) await engine.refresh(table)
  return { posts, comments, ...failedCount(failed) }
}

interface Ranges {
  highestId: number
  findOutdated: (fromId: number, toId: number) => Promise<{ id: number }[]>
  index: (ids: number[]) => Promise<number>
  onProgress: (done: number, of: number) => void
}

async function repairRanges({
  highestId,
  findOutdated,
  index,
  onProgress,
}: Ranges): Promise<number> {
  let repaired = 0
  for (let from = 1; from <= highestId; from += RANGE_SIZE) {
    const outdated = await findInHalves(findOutdated, from, from + RANGE_SIZE)
    for (let start = 0; start < outdated.length; start += BATCH_SIZE) {
      const batch = outdated.slice(start, start + BATCH_SIZE).map(({ id }) => id)
      repaired += await index(batch)
      onProgress(batch.at(-1) ?? from, highestId)
    }
  }
  onProgress(highestId, highestId)
  return repaired
}

/** Compares a range of ids, and each half of a range that took too long. Throws when a single id takes too long. */
async function findInHalves(
  find: Ranges['findOutdated'],
  fromId: number,
  toId: number,
): Promise<{ id: number }[]> {
  try {
    return await find(fromId, toId)
  } catch (error) {
    if (!isExcessiveWork(error) || toId - fromId <= 1) throw error
    const middle = Math.ceil((fromId + toId) / 2)
    return [
      ...(await findInHalves(find, fromId, middle)),
      ...(await findInHalves(find, middle, toId)),
    ]
  }
}

import {
  type CommentIndexTable,
  findOutdatedComments,
  findHighestCommentId,
} from './comment-index.queries.ts'
import { type Index, indexComments, indexPosts } from './indexing.service.ts'
import { prepareIndex } from './index-location.service.ts'
import { findOutdatedPosts, findHighestPostId, type PostIndexTable } from './post-index.queries.ts'

/** Ids compared with content-svc in one statement. */
const RANGE = 20_000
const BATCH = 500

export interface IndexTables {
  posts: PostIndexTable
  comments: CommentIndexTable
}

const CURRENT: IndexTables = { posts: 'post_index', comments: 'comment_index' }

export interface IndexProgress {
  kind: 'posts' | 'comments'
  /** Ids looked at, of all that there are. */
  done: number
  of: number
}

/** How many were taken up anew, replaced or taken out. */
export interface IndexedCounts {
  posts: number
  comments: number
}

/**
 * Compares the index with what content-svc holds and mends every difference, whatever it comes from: rows loaded past
 * the events, an empty index, a new one. Says what it mended; a second run has nothing to do.
 */
export async function catchUp(
  index: Index,
  tables: IndexTables = CURRENT,
  onProgress: (progress: IndexProgress) => void = () => {},
): Promise<IndexedCounts> {
  const { sql, engine } = index
  if (tables === CURRENT) await prepareIndex(index)
  const posts = await mendRanges({
    highestId: await findHighestPostId(sql, tables.posts),
    findOutdated: (fromId, toId) => findOutdatedPosts(sql, tables.posts, fromId, toId),
    index: (ids) => indexPosts(index, ids, tables.posts),
    onProgress: (done, of) => onProgress({ kind: 'posts', done, of }),
  })
  const comments = await mendRanges({
    highestId: await findHighestCommentId(sql, tables.comments),
    findOutdated: (fromId, toId) => findOutdatedComments(sql, tables.comments, fromId, toId),
    index: (ids) => indexComments(index, ids, tables.comments),
    onProgress: (done, of) => onProgress({ kind: 'comments', done, of }),
  })
  for (const table of Object.values(tables)) await engine.refresh(table)
  return { posts, comments }
}

interface Ranges {
  highestId: number
  findOutdated: (fromId: number, toId: number) => Promise<{ id: number }[]>
  index: (ids: number[]) => Promise<number>
  onProgress: (done: number, of: number) => void
}

async function mendRanges({ highestId, findOutdated, index, onProgress }: Ranges): Promise<number> {
  let mended = 0
  for (let from = 1; from <= highestId; from += RANGE) {
    const outdated = await findOutdated(from, from + RANGE)
    for (let start = 0; start < outdated.length; start += BATCH) {
      const batch = outdated.slice(start, start + BATCH).map(({ id }) => id)
      mended += await index(batch)
      onProgress(batch.at(-1) ?? from, highestId)
    }
  }
  onProgress(highestId, highestId)
  return mended
}

import { MAX_PAGE_SIZE } from '@dailyfeed/contract/limits'
import { toComment } from '@dailyfeed/post-row/comment-row'
import type { ReadDatabase } from '@dailyfeed/postgres-support/read-database'
import { FRAGMENT_TTL_MS, OVERHEAD_BYTES } from './cached-posts.ts'
import { findFirstComments } from './feed-cache.queries.ts'
import { type InvalidationLog, type Invalidations, VersionedCache } from './versioned-cache.ts'
import { JsonFragment } from './render-page.ts'

/** The oldest comments of a post at the top level, shared by all viewers. */
export interface FirstComments {
  ids: number[]
  fragments: ReadonlyMap<number, JsonFragment>
  /** Whether the post has no more. */
  ended: boolean
}

/** The largest page, and one more that shows whether there is a next one. */
export const FIRST_COMMENTS = MAX_PAGE_SIZE + 1
const MAX_BYTES = 24_000_000

const sizeOf = ({ fragments }: FirstComments): number =>
  fragments.values().reduce((sum, { bytes }) => sum + bytes + OVERHEAD_BYTES, OVERHEAD_BYTES)

/** Comments as JSON, by post. */
export class CachedComments {
  readonly cache: VersionedCache<FirstComments>
  readonly #reads: ReadDatabase
  readonly #log: InvalidationLog

  /** `authors`: those whose name or picture changed. */
  constructor(reads: ReadDatabase, log: InvalidationLog, authors: Invalidations) {
    this.#reads = reads
    this.#log = log
    this.cache = new VersionedCache(log, {
      ttlMs: FRAGMENT_TTL_MS,
      maxSize: MAX_BYTES,
      sizeOf,
      dependencies: authors,
    })
  }

  /** From the cache, or from the database. */
  async of(postId: number): Promise<FirstComments> {
    return this.cache.get(postId) ?? this.#load(postId)
  }

  async #load(postId: number): Promise<FirstComments> {
    const { version } = this.#log
    const rows = await this.#reads.read((sql) => findFirstComments(sql, postId, FIRST_COMMENTS))
    const comments = {
      ids: rows.map(({ id }) => id),
      fragments: new Map(
        rows.map((row) => [row.id, new JsonFragment(toComment({ ...row, liked: false }))]),
      ),
      ended: rows.length < FIRST_COMMENTS,
    }
    const authorIds = [...new Set(rows.map(({ author_id }) => author_id))]
    this.cache.set(postId, comments, version, authorIds)
    return comments
  }
}

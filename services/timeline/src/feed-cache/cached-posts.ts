import { toPost } from '@dailyfeed/post-row/post-row'
import type { ReadDatabase } from '@dailyfeed/postgres-support/read-database'
import { findSharedPosts, type SharedPostRow } from './feed-cache.queries.ts'
import { type InvalidationLog, type Invalidations, VersionedCache } from './versioned-cache.ts'
import { GONE, JsonFragment } from './render-page.ts'

export class PostFragment extends JsonFragment {
  readonly createdAt: Date
  readonly updatedAt: Date

  constructor(row: SharedPostRow) {
    super(toPost({ ...row, liked: false }), row.author_is_public)
    this.createdAt = row.created_at
    this.updatedAt = row.updated_at
  }
}

export type CachedPost = PostFragment | typeof GONE

/** Views and corrected counts have no event in the outboxes that are polled; they are at most this old. */
export const FRAGMENT_TTL_MS = 2_000
/** Estimated size of a cached fragment's objects, beside its text. */
export const OVERHEAD_BYTES = 400
const MAX_BYTES = 48_000_000

/** Posts as JSON, shared by all viewers. */
export class CachedPosts {
  readonly cache: VersionedCache<CachedPost>
  readonly #reads: ReadDatabase
  readonly #log: InvalidationLog

  /** `authors`: those whose name, picture or privacy changed. */
  constructor(reads: ReadDatabase, log: InvalidationLog, authors: Invalidations) {
    this.#reads = reads
    this.#log = log
    this.cache = new VersionedCache(log, {
      ttlMs: FRAGMENT_TTL_MS,
      maxSize: MAX_BYTES,
      sizeOf: (post) => OVERHEAD_BYTES + (post === GONE ? 0 : post.bytes),
      dependencies: authors,
    })
  }

  /** From the database: all of `ids`, those that are not live as `GONE`. */
  load = async (ids: readonly number[]): Promise<Map<number, CachedPost>> => {
    const { version } = this.#log
    const rows = await this.#reads.read((sql) => findSharedPosts(sql, ids))
    const loaded = new Map<number, CachedPost>(rows.map((row) => [row.id, new PostFragment(row)]))
    for (const id of ids) {
      const post = loaded.get(id) ?? GONE
      loaded.set(id, post)
      this.cache.set(id, post, version, post === GONE ? [] : [post.authorId])
    }
    return loaded
  }
}

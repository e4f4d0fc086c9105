import type { ReadDatabase } from '@dailyfeed/postgres-support/read-database'
import { toPost } from '../feed/post.mapper.ts'
import { Fragment, GONE } from './fragment.ts'
import { type Heard, type Mark, Touched } from './heard.ts'
import { findFragments, type FragmentRow } from './memory.queries.ts'
import { TwoGenerations } from './two-generations.ts'

export class PostFragment extends Fragment {
  readonly createdAt: Date
  readonly updatedAt: Date

  constructor(row: FragmentRow) {
    super(toPost({ post: { ...row, liked: false }, author: row }))
    this.createdAt = row.created_at
    this.updatedAt = row.updated_at
  }
}

export type FoundPost = PostFragment | typeof GONE

/** Posts as everybody sees them alike. */
export interface PostFragments {
  /** Undefined where it is not known, or no longer. `now`: of `performance.now()`. */
  find(id: number, now: number): FoundPost | undefined
  /** From the database. */
  load(ids: readonly number[]): Promise<Map<number, FoundPost>>
  touchPost(id: number): void
  touchAuthor(id: number): void
}

interface Known {
  found: FoundPost
  /** When it was begun to be read. */
  mark: Mark
  expiresAt: number
}

/** Views come without an event of their own. */
const LIFE_MILLISECONDS = 2_000
/** Of one generation, and there are two. */
const MOST_BYTES = 24_000_000
const BYTES_BESIDE_TEXT = 300

export function createPostFragments(reads: ReadDatabase, heard: Heard): PostFragments {
  const known = new TwoGenerations<number, Known>(MOST_BYTES, ({ found }) => BYTES_BESIDE_TEXT + (found === GONE ? 0 : found.bytes))
  const posts = new Touched(heard)
  const authors = new Touched(heard)

  return {
    find(id, now) {
      const entry = known.get(id)
      if (entry === undefined || entry.expiresAt < now || heard.hasForgottenSince(entry.mark)) return undefined
      return entry.found !== GONE && authors.isTouchedSince(entry.found.authorId, entry.mark) ? undefined : entry.found
    },

    async load(ids) {
      const { mark } = heard
      const rows = await reads.read((sql) => findFragments(sql, ids))
      const loaded = new Map<number, FoundPost>(rows.map((row) => [row.id, new PostFragment(row)]))
      const expiresAt = performance.now() + LIFE_MILLISECONDS
      for (const id of ids) {
        const found = loaded.get(id) ?? GONE
        loaded.set(id, found)
        if (!posts.isTouchedSince(id, mark)) known.set(id, { found, mark, expiresAt })
      }
      return loaded
    },

    touchPost(id) {
      known.delete(id)
      posts.touch(id)
    },

    touchAuthor: (id) => authors.touch(id),
  }
}

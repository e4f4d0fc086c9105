import type { ReadDatabase } from '@dailyfeed/postgres-support/read-database'
import { toPost } from '../feed/post.mapper.ts'
import { BYTES_BESIDE_TEXT, Fragment, FRAGMENT_LIFE_MILLISECONDS, GONE } from './fragment.ts'
import type { Heard, Touched } from './heard.ts'
import { findFragments, type FragmentRow } from './memory.queries.ts'
import { Remembered } from './remembered.ts'

export class PostFragment extends Fragment {
  readonly createdAt: Date
  readonly updatedAt: Date

  constructor(row: FragmentRow) {
    super(toPost({ post: { ...row, liked: false }, author: row }), row.author_is_public)
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
}

const MOST_BYTES = 24_000_000

/** `authors`: those whose name or picture has changed, or who may see them. */
export function createPostFragments(
  reads: ReadDatabase,
  heard: Heard,
  authors: Touched,
): PostFragments {
  const known = new Remembered<FoundPost>(heard, {
    lifeMilliseconds: FRAGMENT_LIFE_MILLISECONDS,
    most: MOST_BYTES,
    weigh: (found) => BYTES_BESIDE_TEXT + (found === GONE ? 0 : found.bytes),
  })

  return {
    find(id, now) {
      const entry = known.find(id, now)
      if (entry === undefined) return undefined
      const { value: found, mark } = entry
      return found !== GONE && authors.isTouchedSince(found.authorId, mark) ? undefined : found
    },

    async load(ids) {
      const { mark } = heard
      const rows = await reads.read((sql) => findFragments(sql, ids))
      const loaded = new Map<number, FoundPost>(rows.map((row) => [row.id, new PostFragment(row)]))
      for (const id of ids) {
        const found = loaded.get(id) ?? GONE
        loaded.set(id, found)
        known.keep(id, found, mark)
      }
      return loaded
    },

    touchPost: (id) => known.touch(id),
  }
}

import { MAX_PAGE_SIZE } from '@dailyfeed/code/page'
import type { ReadDatabase } from '@dailyfeed/postgres-support/read-database'
import { toComment } from '../comment/comment.mapper.ts'
import { Fragment } from './fragment.ts'
import { type Heard, type Mark, Touched } from './heard.ts'
import { findFirstComments } from './memory.queries.ts'
import { TwoGenerations } from './two-generations.ts'

/** The oldest comments of a post at the top level, as everybody sees them alike. */
export interface FirstComments {
  ids: number[]
  fragments: ReadonlyMap<number, Fragment>
  /** Whether there are no more. */
  ended: boolean
}

export interface FirstCommentsOfPosts {
  /** As remembered, or from the database. */
  of(postId: number): Promise<FirstComments>
  touchComments(postId: number): void
  touchAuthor(id: number): void
}

interface Known extends FirstComments {
  /** When it was begun to be read. */
  mark: Mark
  /** Milliseconds of `performance.now()`. */
  expiresAt: number
}

/** A page of the greatest size, and one that tells whether there are more. */
const REMEMBERED = MAX_PAGE_SIZE + 1
/** Reconciled counts come without an event. */
const LIFE_MILLISECONDS = 2_000
/** Of one generation, and there are two. */
const MOST_BYTES = 12_000_000
const BYTES_BESIDE_TEXT = 300

export function createFirstComments(reads: ReadDatabase, heard: Heard): FirstCommentsOfPosts {
  const known = new TwoGenerations<number, Known>(MOST_BYTES, ({ fragments }) =>
    fragments.values().reduce((sum, { bytes }) => sum + bytes + BYTES_BESIDE_TEXT, BYTES_BESIDE_TEXT),
  )
  const posts = new Touched(heard)
  const authors = new Touched(heard)

  function find(postId: number): FirstComments | undefined {
    const comments = known.get(postId)
    if (comments === undefined || comments.expiresAt < performance.now() || heard.hasForgottenSince(comments.mark)) return undefined
    return comments.fragments.values().some(({ authorId }) => authors.isTouchedSince(authorId, comments.mark)) ? undefined : comments
  }

  async function load(postId: number): Promise<FirstComments> {
    const { mark } = heard
    const rows = await reads.read((sql) => findFirstComments(sql, postId, REMEMBERED))
    const comments = {
      ids: rows.map(({ id }) => id),
      fragments: new Map(rows.map((row) => [row.id, new Fragment(toComment({ ...row, liked: false }))])),
      ended: rows.length < REMEMBERED,
      mark,
      expiresAt: performance.now() + LIFE_MILLISECONDS,
    }
    if (!posts.isTouchedSince(postId, mark)) known.set(postId, comments)
    return comments
  }

  return {
    of: async (postId) => find(postId) ?? load(postId),

    touchComments(postId) {
      known.delete(postId)
      posts.touch(postId)
    },

    touchAuthor: (id) => authors.touch(id),
  }
}

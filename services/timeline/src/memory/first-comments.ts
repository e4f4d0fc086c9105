import { MAX_PAGE_SIZE } from '@dailyfeed/contract/limits'
import type { ReadDatabase } from '@dailyfeed/postgres-support/read-database'
import { toComment } from '../comment/comment.mapper.ts'
import { BYTES_BESIDE_TEXT, Fragment, FRAGMENT_LIFE_MILLISECONDS } from './fragment.ts'
import type { Heard, Touched } from './heard.ts'
import { findFirstComments } from './memory.queries.ts'
import { Remembered } from './remembered.ts'

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
}

/** A page of the greatest size, and one that tells whether there are more. */
export const FIRST_COMMENTS = MAX_PAGE_SIZE + 1
const MOST_BYTES = 12_000_000

/** `authors`: those whose name or picture has changed. */
export function createFirstComments(
  reads: ReadDatabase,
  heard: Heard,
  authors: Touched,
): FirstCommentsOfPosts {
  const known = new Remembered<FirstComments>(heard, {
    lifeMilliseconds: FRAGMENT_LIFE_MILLISECONDS,
    most: MOST_BYTES,
    weigh: ({ fragments }) =>
      fragments
        .values()
        .reduce((sum, { bytes }) => sum + bytes + BYTES_BESIDE_TEXT, BYTES_BESIDE_TEXT),
  })

  function find(postId: number): FirstComments | undefined {
    const entry = known.find(postId)
    if (entry === undefined) return undefined
    const { value: comments, mark } = entry
    return comments.fragments
      .values()
      .some(({ authorId }) => authors.isTouchedSince(authorId, mark))
      ? undefined
      : comments
  }

  async function load(postId: number): Promise<FirstComments> {
    const { mark } = heard
    const rows = await reads.read((sql) => findFirstComments(sql, postId, FIRST_COMMENTS))
    const comments = {
      ids: rows.map(({ id }) => id),
      fragments: new Map(
        rows.map((row) => [row.id, new Fragment(toComment({ ...row, liked: false }))]),
      ),
      ended: rows.length < FIRST_COMMENTS,
    }
    known.keep(postId, comments, mark)
    return comments
  }

  return {
    of: async (postId) => find(postId) ?? load(postId),
    touchComments: (postId) => known.touch(postId),
  }
}

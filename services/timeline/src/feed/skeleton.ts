import type { Position } from '@dailyfeed/pagination-support/cursor'

/** A place in a list: which post, by whom, and where a walk goes on after it. */
export interface FeedEntry {
  postId: number
  authorId: number
  position: Position
}

export interface FeedStretch {
  entries: FeedEntry[]
  /** Whether there is nothing after these. */
  ended: boolean
}

/** The order of a list: ids of live posts, whoever looks. Each call goes on where the last one ended. */
export interface Skeleton {
  /** At most `limit` entries. Posts of `hiddenAuthorIds`, whom the viewer is known not to see, may be left out. */
  next(limit: number, hiddenAuthorIds: readonly number[]): Promise<FeedStretch>
}

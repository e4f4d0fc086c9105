import type { PositionedEntry } from './feed-entry.ts'

export interface SkeletonPage {
  entries: PositionedEntry[]
  /** Whether nothing follows these. */
  ended: boolean
}

/** The order of a list: entries of live posts, the same for every viewer. Each call continues where the last one ended. */
export interface Skeleton {
  /** At most `limit` entries. Those of `hiddenAuthorIds`, which the viewer is known not to see, may be left out. */
  next(limit: number, hiddenAuthorIds: readonly number[]): Promise<SkeletonPage>
}

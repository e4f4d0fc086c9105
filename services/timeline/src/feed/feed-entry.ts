import type { Position } from '@dailyfeed/pagination-support/cursor'

/** A post in a list: enough to decide, before the post is loaded, whether the viewer may see it. */
export interface FeedEntry {
  postId: number
  authorId: number
}

/** With the place in its list after which the next page begins. */
export interface PositionedEntry extends FeedEntry {
  position: Position
}

export interface EntryRow {
  id: number
  author_id: number
}

export const toEntry = ({ id, author_id }: EntryRow): FeedEntry => ({
  postId: id,
  authorId: author_id,
})

/** For lists that are ordered by the ids of posts. */
export const toPositionedEntry = ({ id, author_id }: EntryRow): PositionedEntry => ({
  postId: id,
  authorId: author_id,
  position: [id],
})

import type { Sql } from 'postgres'
import { type Heard, Touched } from './heard.ts'
import { findStands, type LikedKind } from './memory.queries.ts'
import { Remembered } from './remembered.ts'

/** How a viewer stands to an author. */
export type Stand = 'WANTED' | 'MUTED' | 'HIDDEN'

/** What is known of one viewer. */
export interface Viewer {
  readonly id: number
  readonly stands: Map<number, Stand>
  readonly likes: Readonly<Record<LikedKind, Map<number, boolean>>>
}

export interface Viewers {
  of(viewerId: number): Viewer
  /** How the viewer stands to these authors, and which of these posts or comments they like: from the database, into what is known of them. */
  load(viewer: Viewer, authorIds: readonly number[], kind: LikedKind, ids: readonly number[]): Promise<void>
  /** Whom they follow, block or mute. */
  touchViewer(id: number): void
  touchLikes(viewerId: number, kind: LikedKind, id: number | null): void
  /** An author who has withdrawn, say, or whose posts others may see now. */
  forgetStandsTo(authorId: number): void
}

/** Of one generation, and there are two. */
const MOST_VIEWERS = 5_000
const LIFE_MILLISECONDS = 60_000

/** `primary`: who may see whom must not lag. `authors`: those whom others may see now, or no longer. */
export function createViewers(primary: Sql, heard: Heard, authors: Touched): Viewers {
  const known = new Remembered<Viewer>(heard, { lifeMilliseconds: LIFE_MILLISECONDS, most: MOST_VIEWERS })
  const likers = new Touched(heard)

  return {
    of(id) {
      const viewer = known.find(id)?.value
      if (viewer !== undefined) return viewer
      const fresh: Viewer = { id, stands: new Map(), likes: { posts: new Map(), comments: new Map() } }
      known.keep(id, fresh, heard.mark)
      return fresh
    },

    async load(viewer, authorIds, kind, ids) {
      if (authorIds.length + ids.length === 0) return
      const { mark } = heard
      const { visible, muted, liked } = await findStands(primary, viewer.id, authorIds, kind, ids)
      for (const id of authorIds) viewer.stands.set(id, 'HIDDEN')
      for (const id of visible) viewer.stands.set(id, muted.includes(id) ? 'MUTED' : 'WANTED')
      const likes = viewer.likes[kind]
      for (const id of ids) likes.set(id, false)
      for (const id of liked) likes.set(id, true)
      // Whom an act touched meanwhile is judged again by the next read; this one began before that act.
      if (likers.isTouchedSince(viewer.id, mark) || authorIds.some((id) => authors.isTouchedSince(id, mark))) known.delete(viewer.id)
    },

    touchViewer: (id) => known.touch(id),

    touchLikes(viewerId, kind, id) {
      const likes = known.find(viewerId)?.value.likes[kind]
      if (id === null) likes?.clear()
      else likes?.delete(id)
      likers.touch(viewerId)
    },

    forgetStandsTo(authorId) {
      for (const viewer of known.values()) viewer.stands.delete(authorId)
    },
  }
}

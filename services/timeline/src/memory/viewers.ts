import type { ReadDatabase } from '@dailyfeed/postgres-support/read-database'
import type { Sql } from 'postgres'
import { type Heard, type Mark, Touched } from './heard.ts'
import { findLikedCommentIds, findLikedIds, findStands } from './memory.queries.ts'
import { TwoGenerations } from './two-generations.ts'

/** How a viewer stands to an author. */
export type Stand = 'WANTED' | 'MUTED' | 'HIDDEN'

/** What is known of one viewer. */
export interface Viewer {
  readonly id: number
  readonly stands: Map<number, Stand>
  readonly likes: { readonly posts: Map<number, boolean>; readonly comments: Map<number, boolean> }
  /** When it was begun. */
  readonly mark: Mark
  /** Milliseconds of `performance.now()`. */
  readonly expiresAt: number
}

export type LikedKind = keyof Viewer['likes']

export interface Viewers {
  of(viewerId: number): Viewer
  /** From the database, into what is known of the viewer. */
  loadStands(viewer: Viewer, authorIds: readonly number[]): Promise<void>
  loadLikes(viewer: Viewer, kind: LikedKind, ids: readonly number[]): Promise<void>
  /** Whom they follow, block or mute. */
  touchViewer(id: number): void
  touchLikes(viewerId: number, kind: LikedKind, id: number | null): void
  /** Whether they withdrew, or who may see their posts. */
  touchAuthor(id: number): void
}

const REMEMBERED = 5_000
const LIFE_MILLISECONDS = 60_000

export function createViewers(reads: ReadDatabase, primary: Sql, heard: Heard): Viewers {
  const known = new TwoGenerations<number, Viewer>(REMEMBERED)
  const likers = new Touched(heard)
  const authors = new Touched(heard)

  return {
    of(id) {
      const viewer = known.get(id)
      if (viewer !== undefined && viewer.expiresAt > performance.now() && !heard.hasForgottenSince(viewer.mark)) return viewer
      const fresh: Viewer = {
        id,
        stands: new Map(),
        likes: { posts: new Map(), comments: new Map() },
        mark: heard.mark,
        expiresAt: performance.now() + LIFE_MILLISECONDS,
      }
      known.set(id, fresh)
      return fresh
    },

    async loadStands(viewer, authorIds) {
      if (authorIds.length === 0) return
      const { mark } = heard
      const { wanted, muted } = await findStands(primary, viewer.id, authorIds)
      for (const id of authorIds) viewer.stands.set(id, 'HIDDEN')
      for (const id of muted) viewer.stands.set(id, 'MUTED')
      for (const id of wanted) viewer.stands.set(id, 'WANTED')
      // Whom an act touched meanwhile is judged again by the next read; this one began before that act.
      if (authorIds.some((id) => authors.isTouchedSince(id, mark))) known.delete(viewer.id)
    },

    async loadLikes(viewer, kind, ids) {
      if (ids.length === 0) return
      const { mark } = heard
      const liked = new Set(await reads.read((sql) => (kind === 'posts' ? findLikedIds : findLikedCommentIds)(sql, viewer.id, ids)))
      for (const id of ids) viewer.likes[kind].set(id, liked.has(id))
      if (likers.isTouchedSince(viewer.id, mark)) known.delete(viewer.id)
    },

    touchViewer: (id) => known.delete(id),

    touchLikes(viewerId, kind, id) {
      if (id === null) known.get(viewerId)?.likes[kind].clear()
      else known.get(viewerId)?.likes[kind].delete(id)
      likers.touch(viewerId)
    },

    touchAuthor(id) {
      for (const [, viewer] of known.entries()) viewer.stands.delete(id)
      authors.touch(id)
    },
  }
}

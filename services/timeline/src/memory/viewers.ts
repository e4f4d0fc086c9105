import type { ReadDatabase } from '@dailyfeed/postgres-support/read-database'
import type { Sql } from 'postgres'
import type { Fragment } from './fragment.ts'
import { type Heard, type Mark, Touched } from './heard.ts'
import { findStands, findViewer, type LikedKind, type ViewerRow } from './memory.queries.ts'
import { Remembered } from './remembered.ts'
import { hasId, type SortedIds } from './sorted-ids.ts'

/** How a viewer stands to an author. */
export type Stand = 'WANTED' | 'MUTED' | 'HIDDEN'

/** What is known of one viewer. */
export interface Viewer {
  readonly id: number
  readonly stands: Map<number, Stand>
  readonly likes: Readonly<Record<LikedKind, Map<number, boolean>>>
  /** Whom they mute or block, and who blocks them: all others stand to them as their privacy says. Undefined where that is not known. */
  exceptions: SortedIds | undefined
  /** Undefined where it is not known. */
  likedPosts: LikedPosts | undefined
}

interface LikedPosts {
  ids: SortedIds
  /** No liked post with this id or a higher one is missing. */
  from: number
}

export interface Viewers {
  of(viewerId: number): Viewer
  /** Whom they follow, from the database; what it tells of them beside that is remembered, and spares most pages the next question. */
  meet(viewerId: number): Promise<Pick<ViewerRow, 'following_ids' | 'heavy_ids'>>
  /** How the viewer stands to these authors, and which of these posts or comments they like: from the database, into what is known of them. */
  load(
    viewer: Viewer,
    authorIds: readonly number[],
    kind: LikedKind,
    ids: readonly number[],
  ): Promise<void>
  /** Whom they follow, block or mute. */
  touchViewer(id: number): void
  touchLikes(viewerId: number, kind: LikedKind, id: number | null): void
  /** An author who has withdrawn, say, or whose posts others may see now. */
  forgetStandsTo(authorId: number): void
}

/** Of one generation, and there are two. */
const MOST_VIEWERS = 5_000
const LIFE_MILLISECONDS = 60_000
/** Of one viewer: exceptions, of whom most have few, and liked posts, of which a page shows the newest. */
export const MOST_MET = 100

/** Undefined where it has to be asked. `fragment`: of a post of the author, if it is known. */
export function standOf(
  { stands, exceptions }: Viewer,
  authorId: number,
  fragment: Fragment | undefined,
): Stand | undefined {
  const stand = stands.get(authorId)
  if (stand !== undefined || fragment === undefined || !fragment.isAuthorPublic) return stand
  return exceptions === undefined || hasId(exceptions, authorId) ? undefined : 'WANTED'
}

/** Undefined where it has to be asked. */
export function isLikedBy(
  { likes, likedPosts }: Viewer,
  kind: LikedKind,
  id: number,
): boolean | undefined {
  const liked = likes[kind].get(id)
  if (liked !== undefined || kind !== 'posts' || likedPosts === undefined || id < likedPosts.from)
    return liked
  return hasId(likedPosts.ids, id)
}

const newViewer = (id: number): Viewer => ({
  id,
  stands: new Map(),
  likes: { posts: new Map(), comments: new Map() },
  exceptions: undefined,
  likedPosts: undefined,
})

/** `primary`: who may see whom must not lag; `reads` show at least what was committed when they are asked. `authors`: those whom others may see now, or no longer. */
export function createViewers(
  reads: ReadDatabase,
  primary: Sql,
  heard: Heard,
  authors: Touched,
): Viewers {
  const known = new Remembered<Viewer>(heard, {
    lifeMilliseconds: LIFE_MILLISECONDS,
    most: MOST_VIEWERS,
  })
  const likers = new Touched(heard)

  /** Of what was looked up since `mark`, nothing that an act has touched since. */
  function learn(
    id: number,
    { exception_ids: exceptions, liked_ids: liked }: ViewerRow,
    mark: Mark,
  ): void {
    const entry = known.find(id)
    // One that is younger may have taken the place of one that was touched.
    if (likers.isTouchedSince(id, mark) || (entry !== undefined && entry.mark > mark)) return
    const viewer = entry?.value ?? newViewer(id)
    viewer.exceptions = exceptions.length <= MOST_MET ? exceptions : undefined
    viewer.likedPosts = {
      ids: liked.toReversed(),
      from: liked.length < MOST_MET ? 0 : (liked.at(-1) ?? 0),
    }
    if (entry === undefined) known.keep(id, viewer, mark)
  }

  return {
    of(id) {
      const viewer = known.find(id)?.value
      if (viewer !== undefined) return viewer
      const fresh = newViewer(id)
      known.keep(id, fresh, heard.mark)
      return fresh
    },

    async meet(id) {
      const { mark } = heard
      const row = await reads.read((sql) => findViewer(sql, id, MOST_MET))
      learn(id, row, mark)
      return row
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
      if (
        likers.isTouchedSince(viewer.id, mark) ||
        authorIds.some((id) => authors.isTouchedSince(id, mark))
      )
        known.delete(viewer.id)
    },

    touchViewer: (id) => known.touch(id),

    touchLikes(viewerId, kind, id) {
      const viewer = known.find(viewerId)?.value
      if (id === null) viewer?.likes[kind].clear()
      else viewer?.likes[kind].delete(id)
      if (viewer !== undefined && kind === 'posts') viewer.likedPosts = undefined
      likers.touch(viewerId)
    },

    forgetStandsTo(authorId) {
      for (const viewer of known.values()) viewer.stands.delete(authorId)
    },
  }
}

/**
 * The rule of who may see whose content in TypeScript. `visibility.queries.ts` has the same rule in SQL, and so has the
 * function `member.may_see`: they change only together. `tests/visibility` compares every list that shows content or names
 * of members with `visibilityOf`, over random graphs of members.
 */

/** How an author's content appears to one viewer. Lists of feeds leave out the muted; what is requested by id shows them. */
export type Visibility = 'VISIBLE' | 'MUTED' | 'HIDDEN'

/** Everything that the rule depends on, for one viewer and one author. */
export interface Relation {
  isSelf: boolean
  privacyLevel: 'PUBLIC' | 'FRIENDS_ONLY' | 'PRIVATE'
  isWithdrawn: boolean
  /** The viewer follows the author. */
  isFollowing: boolean
  /** The author follows the viewer. */
  isFollowedBack: boolean
  /** Either of them blocks the other. */
  isBlocked: boolean
  /** The viewer mutes the author. */
  isMuted: boolean
}

/**
 * The rule. Members see their own content always. Nobody else sees that of a withdrawn author, or across a block in
 * either direction; `FRIENDS_ONLY` content is for those who follow each other, `PRIVATE` content for nobody.
 */
export function visibilityOf(relation: Relation): Visibility {
  if (!maySee(relation)) return 'HIDDEN'
  return relation.isMuted ? 'MUTED' : 'VISIBLE'
}

export function maySee(relation: Relation): boolean {
  if (relation.isSelf) return true
  if (relation.isWithdrawn || relation.isBlocked) return false
  if (relation.privacyLevel === 'PUBLIC') return true
  return relation.privacyLevel === 'FRIENDS_ONLY' && relation.isFollowing && relation.isFollowedBack
}

/** Whether a profile is found at all: a private one is, with nothing but name, handle and picture. */
export const isProfileFound = ({ isWithdrawn, isBlocked }: Relation): boolean =>
  !isWithdrawn && !isBlocked

/** Whether a recipient's notification names this member as one who acted. */
export const isNamedInNotifications = (relation: Relation): boolean =>
  isProfileFound(relation) && !relation.isMuted

/** Ascending. There is such a list for each cached viewer, and a `Set` of the same ids takes four times its memory. */
export type SortedIds = readonly number[]

export function hasId(ids: SortedIds, id: number): boolean {
  let low = 0
  let high = ids.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ids[middle] as number) < id) low = middle + 1
    else high = middle
  }
  return ids[low] === id
}

/** The part of the rule that is cached for one viewer. */
export interface CachedRelations {
  /** Decided by the database, by author. */
  readonly visibilities: ReadonlyMap<number, Visibility>
  /** Every author with a block in either direction or a mute by the viewer. Undefined: not loaded. */
  readonly blockedOrMutedIds: SortedIds | undefined
}

/**
 * The same rule from what is cached; undefined where the database has to decide. `isPublicAuthor`: the author is known to
 * be `PUBLIC` and not withdrawn. Then only a block or a mute can hide the content, so that nearly all authors of a page are
 * decided without a query.
 */
export function cachedVisibilityOf(
  { visibilities, blockedOrMutedIds }: CachedRelations,
  authorId: number,
  isPublicAuthor: boolean,
): Visibility | undefined {
  const visibility = visibilities.get(authorId)
  if (visibility !== undefined || !isPublicAuthor) return visibility
  return blockedOrMutedIds === undefined || hasId(blockedOrMutedIds, authorId)
    ? undefined
    : 'VISIBLE'
}

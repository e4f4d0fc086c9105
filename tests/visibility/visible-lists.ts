import { findActivitiesOfFollowings } from '@dailyfeed/activity/activity/activity.queries'
import { findNotifications } from '@dailyfeed/activity/notification/notification-read.queries'
import { isPostVisible } from '@dailyfeed/content/like/like.queries'
import { findFollowers } from '@dailyfeed/member/follow/follow.queries'
import { findProfiles } from '@dailyfeed/member/profile/profile.queries'
import { createReadDatabase } from '@dailyfeed/postgres-support/read-database'
import { findCommentHits } from '@dailyfeed/search/comment-search/comment-search.queries'
import { matchEverything } from '@dailyfeed/search/engine/search-engine'
import { findPostHits } from '@dailyfeed/search/post-search/post-search.queries'
import {
  findCommentsOfMember,
  findCommentsOfPost,
} from '@dailyfeed/timeline/comment/comment.queries'
import { createFeedCache, type FeedCache } from '@dailyfeed/timeline/feed-cache/feed-cache'
import { findRelations } from '@dailyfeed/timeline/feed-cache/feed-cache.queries'
import { findAuthors } from '@dailyfeed/timeline/feed/hydration.queries'
import { findEntriesOfPeriod } from '@dailyfeed/timeline/post/post.queries'
import {
  isNamedInNotifications,
  isProfileFound,
  maySee,
  type Relation,
  visibilityOf,
} from '@dailyfeed/visibility/visibility'
import type { Sql } from 'postgres'

/** A graph of members in the database: each wrote a post and commented on the first member's post. */
export interface StoredGraph {
  sql: Sql
  memberIds: number[]
  /** By author. */
  postIds: Map<number, number>
  /** A cache of a process that has just started. */
  cache: FeedCache
}

export const newCache = (sql: Sql): FeedCache =>
  createFeedCache({
    reads: createReadDatabase({ primary: sql, log: { warn() {} } }),
    primary: sql,
    signal: undefined,
  })

/** One list that shows content or names of members. */
export interface VisibleList {
  /** The ids of the members whom this list shows to the viewer. */
  shownTo(graph: StoredGraph, viewerId: number): Promise<Iterable<number>>
  /** Whether the rule has the list show the member to the viewer. `first`: how the first member stands to the viewer. */
  isShown(relation: Relation, first: Relation): boolean
}

const isVisibleInLists = (relation: Relation) => visibilityOf(relation) === 'VISIBLE'
const isInFollowingFeed = (relation: Relation) => relation.isFollowing && isVisibleInLists(relation)

const idsWhere = (rows: readonly { id: number; shown: boolean }[]) =>
  rows.filter(({ shown }) => shown).map(({ id }) => id)
const authorsIn = (json: string): number[] =>
  JSON.parse(`[${json}]`).map(({ authorId }: { authorId: number }) => authorId)

const EVER = { from: 0, until: 4_102_444_800 }
const range = (viewerId: number) => ({ viewerId, afterId: undefined, offset: 0, limit: 100 })
const page = { index: 0, skip: 0, size: 50 }

const searchBy = (viewerId: number) => ({
  viewerId,
  terms: [],
  filters: { handles: undefined, since: undefined, until: undefined },
  isSearchable: true,
  list: {
    size: 100,
    page: 0,
    offset: 0,
    after: undefined,
    maxBytes: Number.POSITIVE_INFINITY,
    scope: '',
  },
})
const authorsOfHits = (rows: readonly ({ id: null } | { id: number; author_id: number })[]) =>
  rows.flatMap((row) => (row.id === null ? [] : [row.author_id]))

export const LISTS: Record<string, VisibleList> = {
  'member.may_see': {
    isShown: maySee,
    shownTo: async ({ sql, memberIds }, viewerId) =>
      idsWhere(
        await sql<{ id: number; shown: boolean }[]>`
          select id, member.may_see(${viewerId}, id) as shown from unnest(${memberIds}::bigint[]) id`,
      ),
  },
  'database feeds': {
    isShown: isVisibleInLists,
    shownTo: async ({ sql, memberIds }, viewerId) =>
      (await findAuthors(sql, viewerId, memberIds))
        .filter(({ visible, muted }) => visible && !muted)
        .map(({ member_id }) => member_id),
  },
  'posts by ids': {
    isShown: maySee,
    shownTo: async ({ sql, memberIds }, viewerId) =>
      (await findAuthors(sql, viewerId, memberIds))
        .filter(({ visible }) => visible)
        .map(({ member_id }) => member_id),
  },
  'relations that caches load': {
    isShown: isVisibleInLists,
    async shownTo({ sql, memberIds }, viewerId) {
      const { visible, muted } = await findRelations(sql, viewerId, memberIds, 'posts', [])
      return visible.filter((id) => !muted.includes(id))
    },
  },
  'cached following feed': {
    isShown: isInFollowingFeed,
    async shownTo({ cache }, viewerId) {
      const feed = await cache.followingPage(viewerId, { before: undefined, skip: 0, size: 50 })
      return authorsIn(feed?.json ?? '')
    },
  },
  'cached rankings': {
    isShown: isVisibleInLists,
    async shownTo({ cache, postIds }, viewerId) {
      const snapshot = await cache.snapshot()
      return authorsIn((await snapshot.postsPage(viewerId, [...postIds.values()], page)).json)
    },
  },
  'cached posts': {
    isShown: maySee,
    async shownTo({ cache, postIds }, viewerId) {
      const snapshot = await cache.snapshot()
      const shown: number[] = []
      for (const [authorId, postId] of postIds)
        if ((await snapshot.post(viewerId, postId)) !== undefined) shown.push(authorId)
      return shown
    },
  },
  'cached comments': {
    isShown: maySee,
    async shownTo({ cache, memberIds, postIds }, viewerId) {
      const postId = postIds.get(memberIds[0] ?? 0) ?? 0
      const snapshot = await cache.snapshot()
      const comments = await snapshot.commentsPage(viewerId, postId, { skip: 0, size: 50 })
      return authorsIn(comments?.json ?? '')
    },
  },
  'comments of a post': {
    isShown: maySee,
    shownTo: async ({ sql, memberIds, postIds }, viewerId) =>
      (await findCommentsOfPost(sql, postIds.get(memberIds[0] ?? 0) ?? 0, range(viewerId))).map(
        ({ author_id }) => author_id,
      ),
  },
  'comments of a member': {
    isShown: (relation, first) => maySee(relation) && maySee(first),
    async shownTo({ sql, memberIds }, viewerId) {
      const shown: number[] = []
      for (const id of memberIds)
        if ((await findCommentsOfMember(sql, id, range(viewerId))).length > 0) shown.push(id)
      return shown
    },
  },
  'posts of a date range': {
    isShown: isVisibleInLists,
    shownTo: async ({ sql, memberIds }, viewerId) =>
      (
        await findEntriesOfPeriod(sql, {
          viewerId,
          period: EVER,
          after: undefined,
          offset: 0,
          limit: 100,
        })
      )
        .map(({ author_id }) => author_id)
        .filter((id) => memberIds.includes(id)),
  },
  'likes and comments that content-svc accepts': {
    isShown: maySee,
    async shownTo({ sql, postIds }, viewerId) {
      const shown: number[] = []
      for (const [authorId, postId] of postIds)
        if (await isPostVisible(sql, postId, viewerId)) shown.push(authorId)
      return shown
    },
  },
  'search of posts': {
    isShown: isVisibleInLists,
    shownTo: async ({ sql }, viewerId) =>
      authorsOfHits(await findPostHits(sql, searchBy(viewerId), matchEverything(sql))),
  },
  'search of comments': {
    isShown: (relation, first) => isVisibleInLists(relation) && maySee(first),
    shownTo: async ({ sql }, viewerId) =>
      authorsOfHits(await findCommentHits(sql, searchBy(viewerId), matchEverything(sql))),
  },
  'profiles by ids': {
    isShown: isProfileFound,
    shownTo: async ({ sql, memberIds }, viewerId) =>
      (await findProfiles(sql, memberIds, viewerId)).map(({ id }) => id),
  },
  'whole profiles': {
    isShown: (relation) => isProfileFound(relation) && maySee(relation),
    shownTo: async ({ sql, memberIds }, viewerId) =>
      (await findProfiles(sql, memberIds, viewerId))
        .filter(({ visible }) => visible)
        .map(({ id }) => id),
  },
  'own followers': {
    isShown: (relation) => isProfileFound(relation) && relation.isFollowedBack,
    shownTo: async ({ sql }, viewerId) =>
      (
        await findFollowers(sql, viewerId, { viewerId, limit: 100, offset: 0, before: undefined })
      ).map(({ id }) => id),
  },
  'names in notifications': {
    isShown: (relation) => !relation.isSelf && isNamedInNotifications(relation),
    shownTo: async ({ sql }, viewerId) =>
      (
        await findNotifications(sql, viewerId, {
          asOf: Number.MAX_SAFE_INTEGER,
          afterPosition: undefined,
          offset: 0,
          limit: 100,
        })
      ).flatMap(({ actors }) => actors.map(({ member_id }) => member_id)),
  },
  'activities of followings': {
    isShown: isInFollowingFeed,
    shownTo: async ({ sql }, viewerId) =>
      (await findActivitiesOfFollowings(sql, viewerId, { after: undefined, limit: 100 })).map(
        ({ member_id }) => member_id,
      ),
  },
}

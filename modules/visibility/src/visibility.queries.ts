import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import type { Fragment } from 'postgres'

/**
 * The rule of who may see whose content in SQL: parts of statements that judge many rows at once. `visibility.ts` holds the
 * same rule in TypeScript; a statement about one row calls the function `member.may_see`. Each part names the row that it
 * judges, so that every query gives it that alias. `tests/visibility` compares all lists with the rule.
 */

/** Whether the viewer may see the content of `author`, a row of `member.public_profile`. */
export const maySee = (sql: Queryable, viewerId: number): Fragment => sql`(
  author.member_id = ${viewerId} or (
    not author.withdrawn
    and (author.privacy_level = 'PUBLIC' or (author.privacy_level = 'FRIENDS_ONLY'
      and exists (select from member.follow where follower_id = ${viewerId} and following_id = author.member_id)
      and exists (select from member.follow where follower_id = author.member_id and following_id = ${viewerId})))
    and not exists (select from member.block where blocker_id = ${viewerId} and blocked_id = author.member_id)
    and not exists (select from member.block where blocker_id = author.member_id and blocked_id = ${viewerId})))`

/**
 * Whether the viewer mutes an author: `author`, a row of `member.public_profile`, or the member whose id the expression
 * `authorId` is. A mute concerns feeds, search and activities, not content that is requested by its author or id.
 */
export const hasMuted = (
  sql: Queryable,
  viewerId: number,
  authorId: Fragment = sql`author.member_id`,
): Fragment =>
  sql`exists (select from member.mute where muter_id = ${viewerId} and muted_id = ${authorId})`

/**
 * The rules `maySee` and `hasMuted` for a statement that judges thousands of authors for one viewer:
 * each set is read once and looked up in memory. `author` names a row of `member.public_profile`.
 */
export const maySeeBySets = (sql: Queryable, viewerId: number, author: Fragment): Fragment => sql`(
  ${author}.member_id = ${viewerId} or (
    not ${author}.withdrawn
    and (${author}.privacy_level = 'PUBLIC' or (${author}.privacy_level = 'FRIENDS_ONLY'
      and ${author}.member_id in (
        select mine.following_id from member.follow mine
        join member.follow theirs
          on theirs.follower_id = mine.following_id and theirs.following_id = mine.follower_id
        where mine.follower_id = ${viewerId})))
    and ${author}.member_id not in (
      select blocked_id from member.block where blocker_id = ${viewerId}
      union all select blocker_id from member.block where blocked_id = ${viewerId})))`

export const hasMutedBySet = (sql: Queryable, viewerId: number, author: Fragment): Fragment =>
  sql`${author}.member_id in (select muted_id from member.mute where muter_id = ${viewerId})`

/** Whether everybody sees the content of `author`, a row of `member.public_profile`, who has no block with the author. */
export const isPublicAuthor = (sql: Queryable): Fragment =>
  sql`author.privacy_level = 'PUBLIC' and not author.withdrawn`

/** The ids of members with a block in either direction, or a mute by the viewer. */
export const blockedOrMutedIds = (sql: Queryable, viewerId: number): Fragment => sql`
  select muted_id as id from member.mute where muter_id = ${viewerId}
  union all select blocked_id from member.block where blocker_id = ${viewerId}
  union all select blocker_id from member.block where blocked_id = ${viewerId}`

/** Whether the viewer finds the profile of `m`, a row of `member.member`. */
export const isProfileFound = (sql: Queryable, viewerId: number): Fragment => sql`
  m.withdrawn_at is null
  and not exists (select from member.block where blocker_id = m.id and blocked_id = ${viewerId})
  and not exists (select from member.block where blocker_id = ${viewerId} and blocked_id = m.id)`

/**
 * Whether a recipient's notification names `actor`, a row of `activity.notification_actor`, whose `profile` is a row of
 * `member.public_profile`. The list of the blocked and muted is computed once for a statement.
 */
export const isNamedInNotifications = (sql: Queryable, recipientId: number): Fragment => sql`
  not profile.withdrawn and actor.actor_id not in (${blockedOrMutedIds(sql, recipientId)})`

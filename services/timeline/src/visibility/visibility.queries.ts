import type { Fragment, Sql } from 'postgres'

/**
 * Whether the viewer may see what an author writes: the rule of member.may_see, inlined, so that one statement can judge a
 * whole page of authors. In the query, `author` is the author's row of member.public_profile: one name for all, as each
 * part of a statement that is put in is made anew for each read.
 */
export const maySee = (sql: Sql, viewerId: number): Fragment => sql`(
  author.member_id = ${viewerId} or (
    not author.withdrawn
    and (author.privacy_level = 'PUBLIC' or (author.privacy_level = 'FRIENDS_ONLY'
      and exists (select from member.follow where follower_id = ${viewerId} and following_id = author.member_id)
      and exists (select from member.follow where follower_id = author.member_id and following_id = ${viewerId})))
    and not exists (select from member.block where blocker_id = ${viewerId} and blocked_id = author.member_id)
    and not exists (select from member.block where blocker_id = author.member_id and blocked_id = ${viewerId})))`

/** Whether the viewer has muted `author`, a row of member.public_profile as above: a wish of feeds, not a prohibition. */
export const hasMuted = (sql: Sql, viewerId: number): Fragment =>
  sql`exists (select from member.mute where muter_id = ${viewerId} and muted_id = author.member_id)`

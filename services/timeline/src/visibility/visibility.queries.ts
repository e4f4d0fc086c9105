import type { Fragment, Sql } from 'postgres'

/**
 * Whether the viewer may see what `author`, an alias of member.public_profile in the query, writes: the rule of
 * member.may_see, inlined, so that one statement can judge a whole page of authors.
 */
export const maySee = (sql: Sql, viewerId: number, author: string): Fragment => {
  const authorId = sql`${sql(author)}.member_id`
  return sql`(
    ${authorId} = ${viewerId} or (
      not ${sql(author)}.withdrawn
      and (${sql(author)}.privacy_level = 'PUBLIC' or (${sql(author)}.privacy_level = 'FRIENDS_ONLY'
        and exists (select from member.follow where follower_id = ${viewerId} and following_id = ${authorId})
        and exists (select from member.follow where follower_id = ${authorId} and following_id = ${viewerId})))
      and not exists (select from member.block where blocker_id = ${viewerId} and blocked_id = ${authorId})
      and not exists (select from member.block where blocker_id = ${authorId} and blocked_id = ${viewerId})))`
}

/** Whether the viewer has muted `author`, an alias of member.public_profile: a wish of feeds, not a prohibition. */
export const hasMuted = (sql: Sql, viewerId: number, author: string): Fragment =>
  sql`exists (select from member.mute where muter_id = ${viewerId} and muted_id = ${sql(author)}.member_id)`

import { anyOf, type Queryable } from '@dailyfeed/postgres-support/queryable'

/** The followers of an author who is not heavy yet; `limit` of them for one who has become heavy. */
export interface FollowersRow {
  author_id: number
  follower_ids: number[]
}

export const findFollowers = (
  sql: Queryable,
  authorIds: readonly number[],
  limit: number,
): Promise<FollowersRow[]> =>
  sql<FollowersRow[]>`
    select author.id as author_id, follower_ids
    from unnest(${anyOf(authorIds)}::bigint[]) as author (id)
    cross join lateral (
      select array_agg(follower_id) as follower_ids
      from (select follower_id from member.follow where following_id = author.id limit ${limit}) follower) followed
    where follower_ids is not null
      and not exists (select from timeline.heavy_author heavy where heavy.author_id = author.id)`

export async function insertHeavyAuthors(
  sql: Queryable,
  authorIds: readonly number[],
): Promise<void> {
  await sql`
    insert into timeline.heavy_author (author_id) select unnest(${anyOf(authorIds)}::bigint[]) on conflict do nothing`
}

export async function deleteHeavyAuthors(
  sql: Queryable,
  memberIds: readonly number[],
): Promise<void> {
  await sql`delete from timeline.heavy_author where author_id = any (${anyOf(memberIds)}::bigint[])`
}

/** Until the end of the transaction. Two processes at once would both be right, and one of them would work for nothing. */
export async function tryFanOutLock(sql: Queryable): Promise<boolean> {
  const [row] = await sql<[{ locked: boolean }]>`
    select pg_try_advisory_xact_lock(hashtext('timeline fan-out')) as locked`
  return row.locked
}

import type { Sql } from 'postgres'

/** Who follows an author, of those that are not heavy; of one who has become heavy, `limit` of them. */
export interface FollowersRow {
  author_id: number
  follower_ids: number[]
}

export const findFollowers = (
  sql: Sql,
  authorIds: readonly number[],
  limit: number,
): Promise<FollowersRow[]> =>
  sql<FollowersRow[]>`
    select author.id as author_id, follower_ids
    from unnest(${authorIds as number[]}::bigint[]) as author (id)
    cross join lateral (
      select array_agg(follower_id) as follower_ids
      from (select follower_id from member.follow where following_id = author.id limit ${limit}) follower) followed
    where follower_ids is not null and not exists (select from timeline.heavy_author heavy where heavy.author_id = author.id)`

export async function insertHeavyAuthors(sql: Sql, authorIds: readonly number[]): Promise<void> {
  await sql`insert into timeline.heavy_author (author_id) select unnest(${authorIds as number[]}::bigint[]) on conflict do nothing`
}

/** The newest posts of each of these authors above an id. */
export const findNewestPosts = (
  sql: Sql,
  authorIds: readonly number[],
  above: number,
  limit: number,
): Promise<{ id: number; author_id: number }[]> =>
  sql`
    select post.id, post.author_id
    from unnest(${authorIds as number[]}::bigint[]) as author (id) cross join lateral (
      select id, author_id from content.post where author_id = author.id and id > ${above} and deleted_at is null order by id desc limit ${limit}) post
    order by post.id desc
    limit ${limit}`

export async function deleteHeavyAuthors(sql: Sql, memberIds: readonly number[]): Promise<void> {
  await sql`delete from timeline.heavy_author where author_id = any (${memberIds as number[]}::bigint[])`
}

/** One process at a time: of two, both would be right, and one for nothing. Until the end of the transaction. */
export async function isOnlyOne(sql: Sql): Promise<boolean> {
  const [row] = await sql<
    [{ locked: boolean }]
  >`select pg_try_advisory_xact_lock(hashtext('timeline fan-out')) as locked`
  return row.locked
}

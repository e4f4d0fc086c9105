import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import { isProfileFound } from '@dailyfeed/visibility/visibility.queries'
import { type ProfileRow, profileColumns } from '../profile/profile.queries.ts'

export interface PairRow {
  id: number
  withdrawn: boolean
  followings_count: number
}

/** Locks both members in the order of their ids, so that two members who follow each other cannot deadlock. */
export const lockPair = (sql: Queryable, one: number, other: number): Promise<PairRow[]> =>
  sql<PairRow[]>`
    select id, withdrawn_at is not null as withdrawn, followings_count from member.member
    where id in (${one}, ${other}) order by id for no key update`

export async function isBlockedEitherWay(
  sql: Queryable,
  one: number,
  other: number,
): Promise<boolean> {
  const rows = await sql`
    select from member.block where blocker_id = ${one} and blocked_id = ${other}
    union all select from member.block where blocker_id = ${other} and blocked_id = ${one}`
  return rows.length > 0
}

/** Call with both rows locked. False when the follow exists already. */
export async function insertFollow(
  sql: Queryable,
  followerId: number,
  followingId: number,
): Promise<boolean> {
  const rows = await sql`
    insert into member.follow (follower_id, following_id) values (${followerId}, ${followingId})
    on conflict (follower_id, following_id) do nothing returning id`
  if (rows.length === 1) await addToCounts(sql, followerId, followingId, 1)
  return rows.length === 1
}

/** Call with both rows locked. False when there was no follow. */
export async function deleteFollow(
  sql: Queryable,
  followerId: number,
  followingId: number,
): Promise<boolean> {
  const rows = await sql`
    delete from member.follow where follower_id = ${followerId} and following_id = ${followingId}
    returning id`
  if (rows.length === 1) await addToCounts(sql, followerId, followingId, -1)
  return rows.length === 1
}

async function addToCounts(
  sql: Queryable,
  followerId: number,
  followingId: number,
  by: 1 | -1,
): Promise<void> {
  await sql`
    update member.member set
      followings_count = followings_count + case when id = ${followerId} then ${by}::int else 0 end,
      followers_count = followers_count + case when id = ${followingId} then ${by}::int else 0 end
    where id in (${followerId}, ${followingId})`
}

export interface ListedRow extends ProfileRow {
  /** The row's sort value in its list. */
  position: number
}

interface ListPage {
  viewerId: number
  /** One more than the page shows says whether there is a next page. */
  limit: number
  offset: number
  /** The position of the last row of the page before. */
  before: number | undefined
}

/** Newest first. */
export const findFollowers = (
  sql: Queryable,
  memberId: number,
  { viewerId, limit, offset, before }: ListPage,
): Promise<ListedRow[]> =>
  sql<ListedRow[]>`
    select ${profileColumns(sql, viewerId)}, f.id as position
    from member.follow f join member.member m on m.id = f.follower_id
    where f.following_id = ${memberId} and ${isProfileFound(sql, viewerId)}
      ${before === undefined ? sql`` : sql`and f.id < ${before}`}
    order by f.id desc limit ${limit} offset ${offset}`

/** Newest first. */
export const findFollowings = (
  sql: Queryable,
  memberId: number,
  { viewerId, limit, offset, before }: ListPage,
): Promise<ListedRow[]> =>
  sql<ListedRow[]>`
    select ${profileColumns(sql, viewerId)}, f.id as position
    from member.follow f join member.member m on m.id = f.following_id
    where f.follower_id = ${memberId} and ${isProfileFound(sql, viewerId)}
      ${before === undefined ? sql`` : sql`and f.id < ${before}`}
    order by f.id desc limit ${limit} offset ${offset}`

export interface RecommendedRow extends ListedRow {
  /** The viewer's interest, 0 where there is none. */
  interest: number
}

interface RecommendedPage extends Omit<ListPage, 'before'> {
  /** The sort values of the last row of the page before. */
  after: { interest: number; position: number } | undefined
}

/**
 * Members whom the viewer may see, does not follow and has not muted: first authors whose posts the
 * viewer reads and likes, by the scores of activity-svc, then the newest members. Each half has a limit
 * of its own, so that members without a score are read by their index and never sorted by score.
 */
export const findRecommended = (
  sql: Queryable,
  { viewerId, limit, offset, after }: RecommendedPage,
): Promise<RecommendedRow[]> =>
  sql<RecommendedRow[]>`
    select ${profileColumns(sql, viewerId)}, m.id as position, ranked.interest
    from (
      (
        select m.id, liked.score as interest
        from activity.interest liked join member.member m on m.id = liked.author_id
        where liked.member_id = ${viewerId} and liked.score > 0 and ${isRecommendable(sql, viewerId)}
          ${
            after === undefined
              ? sql``
              : sql`and (liked.score, liked.author_id) < (${after.interest}, ${after.position})`
          }
        order by liked.score desc, liked.author_id desc limit ${offset + limit}
      )
      union all
      (
        select m.id, 0 as interest
        from member.member m
        where ${isRecommendable(sql, viewerId)}
          and not exists (
            select from activity.interest
            where member_id = ${viewerId} and author_id = m.id and score > 0)
          ${after?.interest === 0 ? sql`and m.id < ${after.position}` : sql``}
        order by m.id desc limit ${offset + limit}
      )
    ) as ranked join member.member m on m.id = ranked.id
    order by ranked.interest desc, m.id desc limit ${limit} offset ${offset}`

/** Counts up to `bound`: nobody pages that far, and counting every member would cost more than the page. */
export async function countRecommended(
  sql: Queryable,
  viewerId: number,
  bound: number,
): Promise<number> {
  const [row] = await sql<[{ count: number }]>`
    select count(*)::int as count
    from (select from member.member m where ${isRecommendable(sql, viewerId)} limit ${bound}) as counted`
  return row.count
}

const isRecommendable = (sql: Queryable, viewerId: number) => sql`
  m.id <> ${viewerId} and ${isProfileFound(sql, viewerId)}
  and not exists (select from member.follow where follower_id = ${viewerId} and following_id = m.id)
  and not exists (select from member.mute where muter_id = ${viewerId} and muted_id = m.id)`

import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import type { Fragment } from 'postgres'
import type { Ranking, RankingWindow } from './ranking.ts'
import { type RankedIds, scoreOf, since } from './ranking.queries.ts'

/** Shorter than the ranking of all posts, since there is one for each viewer to be stored. */
const RANKED_POSTS = 200
/** Ranked are the newest posts of each following (there are up to 1,000), and of these the newest of all. */
const POSTS_OF_AUTHOR = 100
const POSTS = 10_000

/** Ranks the newest posts of the members whom the viewer follows; equal ones by the newer. */
export async function rankPostsOfFollowings(
  sql: Queryable,
  viewerId: number,
  ranking: Ranking,
  window: RankingWindow,
): Promise<RankedIds> {
  const [row] = await sql<[RankedIds]>`
    with mine as materialized (
      select post.id
      from member.follow cross join lateral (
        select id from content.post
        where author_id = follow.following_id and deleted_at is null ${withinWindow(sql, window)}
        order by id desc limit ${POSTS_OF_AUTHOR}) post
      where follow.follower_id = ${viewerId}
      order by post.id desc
      limit ${POSTS}
    ), ranked as (
      select mine.id, ${rankOf(sql, ranking)} as rank
      from mine left join lateral (select * from content.post_counter where post_id = mine.id offset 0) counter on true
      order by 2 desc, mine.id desc
      limit ${RANKED_POSTS}
    )
    select now() as taken_at, coalesce(array_agg(id order by rank desc, id desc), '{}') as ids from ranked`
  return row
}

/** Without a window no column of the post is read, so that an index-only scan suffices. */
const withinWindow = (sql: Queryable, window: RankingWindow): Fragment =>
  window === 'all' ? sql`` : sql`and ${since(sql, window, sql`created_at`)}`

const rankOf = (sql: Queryable, ranking: Ranking): Fragment =>
  ranking === 'recent-activities'
    ? sql`greatest((select created_at from content.post where id = mine.id), counter.last_commented_at)`
    : sql`coalesce(${scoreOf(sql, ranking)}, 0)`

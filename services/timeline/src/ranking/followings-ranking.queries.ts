import type { Fragment, Sql } from 'postgres'
import type { Ranking, RankingWindow } from './ranking.ts'
import { type RankedIds, scoreOf, since } from './ranking.queries.ts'

/** An order that is one viewer's alone is kept short: it is stored for each. */
const RANKED_POSTS = 200
/** Of each of up to 1,000 followings the newest; of all of them, the newest of these. */
const POSTS_OF_AUTHOR = 100
const POSTS = 10_000

/** As rankings of all posts, of the newest posts of those whom the viewer follows; equals by the newer one. */
export async function rankPostsOfFollowings(
  sql: Sql,
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
      select mine.id, ${placeOf(sql, ranking)} as place
      from mine left join lateral (select * from content.post_counter where post_id = mine.id offset 0) counter on true
      order by 2 desc, mine.id desc
      limit ${RANKED_POSTS}
    )
    select now() as taken_at, coalesce(array_agg(id order by place desc, id desc), '{}') as ids from ranked`
  return row
}

/** Nothing of the post itself is asked without a window: then the index alone answers. */
const withinWindow = (sql: Sql, window: RankingWindow): Fragment =>
  window === 'all' ? sql`` : sql`and ${since(sql, window, sql`created_at`)}`

const placeOf = (sql: Sql, ranking: Ranking): Fragment =>
  ranking === 'recent-activities'
    ? sql`greatest((select created_at from content.post where id = mine.id), counter.last_commented_at)`
    : sql`coalesce(${scoreOf(sql, ranking)}, 0)`

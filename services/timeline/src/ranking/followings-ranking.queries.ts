import type { Sql } from 'postgres'
import type { Ranking, RankingWindow } from './ranking.ts'
import { type RankedIds, scoreOf, since } from './ranking.queries.ts'

/** An order that is one viewer's alone is kept short: it is stored for each. */
const RANKED_POSTS = 200
/** Of each of up to 1,000 followings the newest; of all of them, the newest of these. */
const POSTS_OF_AUTHOR = 200
const POSTS = 20_000

/** As rankings of all posts, of the newest posts of those whom the viewer follows. */
export async function rankPostsOfFollowings(sql: Sql, viewerId: number, ranking: Ranking, window: RankingWindow): Promise<RankedIds> {
  const place =
    ranking === 'recent-activities' ? sql`extract(epoch from greatest(post.created_at, counter.last_commented_at))` : sql`coalesce(${scoreOf(sql, ranking)}, 0)`
  const [row] = await sql<[RankedIds]>`
    with mine as materialized (
      select post.id, post.created_at
      from member.follow cross join lateral (
        select id, created_at from content.post
        where author_id = follow.following_id and deleted_at is null and ${since(sql, window, sql`created_at`)}
        order by id desc limit ${POSTS_OF_AUTHOR}) post
      where follow.follower_id = ${viewerId}
      order by post.id desc
      limit ${POSTS}
    ), ranked as (
      select post.id, ${place} as place, post.created_at
      from mine post left join lateral (select * from content.post_counter where post_id = post.id offset 0) counter on true
      order by 2 desc, post.created_at desc, post.id desc
      limit ${RANKED_POSTS}
    )
    select now() as taken_at, coalesce(array_agg(id order by place desc, created_at desc, id desc), '{}') as ids from ranked`
  return row
}

import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import type { Fragment } from 'postgres'
import type { Ranking, RankingWindow } from './ranking.ts'

/** Length of a ranking. */
export const RANKED_POSTS = 1_000

/** Literals, not parameters: the planner cannot estimate from a parameter how many posts a window has. */
export const since = (sql: Queryable, window: RankingWindow, column: Fragment): Fragment => {
  switch (window) {
    case '1h':
      return sql`${column} >= now() - interval '1 hour'`
    case '1d':
      return sql`${column} >= now() - interval '1 day'`
    case '7d':
      return sql`${column} >= now() - interval '7 days'`
    case 'all':
      return sql`true`
  }
}

/** In windows with fewer posts each one is looked up; in others the ranking's index yields a thousand of them soon enough. */
const SPARSE_POSTS = 50_000

async function isSparse(sql: Queryable, window: RankingWindow): Promise<boolean> {
  if (window === 'all') return false
  const [row] = await sql<[{ posts: number }]>`
    select count(*) as posts
    from (select from content.post where deleted_at is null and ${since(sql, window, sql`created_at`)} limit ${SPARSE_POSTS}) as recent`
  return row.posts < SPARSE_POSTS
}

/**
 * The counters of the live posts of a window: for a sparse one post by post (`offset 0` keeps the planner from reading all
 * counters), for others along an index of the counters, until a thousand are found.
 */
const countedPosts = (sql: Queryable, window: RankingWindow, sparse: boolean): Fragment =>
  sparse
    ? sql`content.post
        cross join lateral (select * from content.post_counter where post_id = post.id offset 0) counter
        where post.deleted_at is null and ${since(sql, window, sql`post.created_at`)}`
    : sql`content.post_counter counter
        cross join lateral (select id from content.post where id = counter.post_id and deleted_at is null offset 0) post
        where ${since(sql, window, sql`counter.post_created_at`)}`

/** These must be the expressions of the indexes of content.post_counter. */
export const scoreOf = (sql: Queryable, ranking: 'most-popular' | 'most-commented'): Fragment =>
  ranking === 'most-popular'
    ? sql`(counter.view_count + 2 * counter.like_count)`
    : sql`counter.comment_count`

export interface RankedIds {
  ids: number[]
  /** By the database's clock. */
  taken_at: Date
}

export const rankPosts = (
  sql: Queryable,
  ranking: Ranking,
  window: RankingWindow,
): Promise<RankedIds> =>
  ranking === 'recent-activities' ? rankByActivity(sql, window) : rankByScore(sql, ranking, window)

/** Posts with a score, along its index; where they are fewer than a thousand, posts without a score follow, newest first. */
async function rankByScore(
  sql: Queryable,
  ranking: 'most-popular' | 'most-commented',
  window: RankingWindow,
): Promise<RankedIds> {
  const counted = countedPosts(sql, window, await isSparse(sql, window))
  const score = scoreOf(sql, ranking)
  const [row] = await sql<[RankedIds]>`
    with scored as materialized (
      select counter.post_id as id, ${score} as score
      from ${counted} and ${score} > 0
      order by ${score} desc, counter.post_id desc
      limit ${RANKED_POSTS}
    ), unscored as materialized (
      select post.id, 0 as score, post.created_at
      from content.post
      where (select count(*) from scored) < ${RANKED_POSTS} and post.deleted_at is null
        and ${since(sql, window, sql`post.created_at`)}
        and not exists (select from content.post_counter counter where counter.post_id = post.id and ${score} > 0)
      order by post.created_at desc, post.id desc
      limit ${RANKED_POSTS}
    ), ranked as (
      select id, score, null::timestamptz as created_at from scored
      union all select id, score, created_at from unscored
      order by score desc, created_at desc nulls first, id desc
      limit ${RANKED_POSTS}
    )
    select now() as taken_at,
           coalesce(array_agg(id order by score desc, created_at desc nulls first, id desc), '{}') as ids from ranked`
  return row
}

/**
 * A post among the latest thousand by activity is among the latest thousand by comment, or by its own time. A comment is
 * younger than its post, so that only comments of the window need to be read.
 */
async function rankByActivity(sql: Queryable, window: RankingWindow): Promise<RankedIds> {
  const [row] = await sql<[RankedIds]>`
    with commented as materialized (
      select counter.post_id as id, counter.last_commented_at as active_at
      from ${countedPosts(sql, window, false)} and counter.last_commented_at is not null
        and ${since(sql, window, sql`counter.last_commented_at`)}
      order by counter.last_commented_at desc, counter.post_id desc
      limit ${RANKED_POSTS}
    ), written as materialized (
      select id, created_at as active_at from content.post
      where deleted_at is null and ${since(sql, window, sql`created_at`)}
      order by created_at desc, id desc
      limit ${RANKED_POSTS}
    ), ranked as (
      select id, max(active_at) as active_at
      from (select * from commented union all select * from written) as active
      group by id
      order by active_at desc, id desc
      limit ${RANKED_POSTS}
    )
    select now() as taken_at, coalesce(array_agg(id order by active_at desc, id desc), '{}') as ids from ranked`
  return row
}

export interface SnapshotRow {
  id: number
  taken_at: Date
  post_ids: number[]
}

export async function insertSnapshot(
  sql: Queryable,
  ranking: Ranking,
  window: RankingWindow,
  { ids, taken_at }: RankedIds,
): Promise<number> {
  const [row] = await sql<[{ id: number }]>`
    insert into timeline.ranking_snapshot (ranking, span, post_ids, taken_at)
    values (${ranking}, ${window}, ${ids}::bigint[], ${taken_at})
    returning id`
  return row.id
}

export async function findSnapshot(
  sql: Queryable,
  id: number,
  keptMinutes: number,
): Promise<SnapshotRow | undefined> {
  const [row] = await sql<[SnapshotRow?]>`
    select id, taken_at, post_ids from timeline.ranking_snapshot
    where id = ${id} and taken_at > now() - make_interval(mins => ${keptMinutes})`
  return row
}

export async function deleteOldSnapshots(sql: Queryable, keptMinutes: number): Promise<void> {
  await sql`delete from timeline.ranking_snapshot where taken_at <= now() - make_interval(mins => ${keptMinutes})`
}

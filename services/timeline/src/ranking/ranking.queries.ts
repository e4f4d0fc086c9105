import type { Fragment, Sql } from 'postgres'
import type { Ranking, RankingWindow } from './ranking.ts'

/** A ranking ends here; what is below is not worth a place. */
export const RANKED_POSTS = 1_000

/**
 * Written out, not parameters: the planner chooses between the ranking's index and the period's by how many posts the
 * period has, which it cannot estimate from a parameter of a prepared statement.
 */
const since = (sql: Sql, window: RankingWindow, column: Fragment): Fragment => {
  switch (window) {
    case '1h': return sql`${column} >= now() - interval '1 hour'`
    case '1d': return sql`${column} >= now() - interval '1 day'`
    case '7d': return sql`${column} >= now() - interval '7 days'`
    case 'all': return sql`true`
  }
}

/** Exactly the expressions of the indexes of content.post_counter. */
const scoreOf = (sql: Sql, ranking: 'most-popular' | 'most-commented'): Fragment =>
  ranking === 'most-popular' ? sql`(counter.view_count + 2 * counter.like_count)` : sql`counter.comment_count`

export interface RankedIds {
  ids: number[]
  /** The moment of the order, by the database's clock. */
  taken_at: Date
}

export const rankPosts = (sql: Sql, ranking: Ranking, window: RankingWindow): Promise<RankedIds> =>
  ranking === 'recent-activities' ? rankByActivity(sql, window) : rankByScore(sql, ranking, window)

/** Posts with a score by their index; where they are fewer than a thousand, those without follow, newest first. */
async function rankByScore(sql: Sql, ranking: 'most-popular' | 'most-commented', window: RankingWindow): Promise<RankedIds> {
  const score = scoreOf(sql, ranking)
  const [row] = await sql<[RankedIds]>`
    with scored as materialized (
      select counter.post_id as id, ${score} as score
      from content.post_counter counter join content.post on post.id = counter.post_id
      where ${score} > 0 and ${since(sql, window, sql`post.created_at`)} and post.deleted_at is null
      order by ${score} desc, counter.post_id desc
      limit ${RANKED_POSTS}
    ), unscored as materialized (
      select post.id, 0 as score, post.created_at
      from content.post
      where (select count(*) from scored) < ${RANKED_POSTS} and post.deleted_at is null and ${since(sql, window, sql`post.created_at`)}
        and not exists (select from content.post_counter counter where counter.post_id = post.id and ${score} > 0)
      order by post.created_at desc, post.id desc
      limit ${RANKED_POSTS}
    ), ranked as (
      select id, score, null::timestamptz as created_at from scored union all select id, score, created_at from unscored
      order by score desc, created_at desc nulls first, id desc
      limit ${RANKED_POSTS}
    )
    select now() as taken_at, coalesce(array_agg(id order by score desc, created_at desc nulls first, id desc), '{}') as ids from ranked`
  return row
}

/** A post among the newest thousand by activity is among the newest thousand by comment, or by its own time. */
async function rankByActivity(sql: Sql, window: RankingWindow): Promise<RankedIds> {
  const [row] = await sql<[RankedIds]>`
    with commented as materialized (
      select counter.post_id as id, counter.last_commented_at as active_at
      from content.post_counter counter join content.post on post.id = counter.post_id
      where counter.last_commented_at is not null and ${since(sql, window, sql`post.created_at`)} and post.deleted_at is null
      order by counter.last_commented_at desc, counter.post_id desc
      limit ${RANKED_POSTS}
    ), written as materialized (
      select id, created_at as active_at from content.post
      where deleted_at is null and ${since(sql, window, sql`created_at`)}
      order by created_at desc, id desc
      limit ${RANKED_POSTS}
    ), ranked as (
      select id, max(active_at) as active_at from (select * from commented union all select * from written) as active
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

export async function insertSnapshot(sql: Sql, ranking: Ranking, window: RankingWindow, { ids, taken_at }: RankedIds): Promise<number> {
  const [row] = await sql<[{ id: number }]>`
    insert into timeline.ranking_snapshot (ranking, span, post_ids, taken_at)
    values (${ranking}, ${window}, ${ids}::bigint[], ${taken_at})
    returning id`
  return row.id
}

export async function findSnapshot(sql: Sql, id: number, keptMinutes: number): Promise<SnapshotRow | undefined> {
  const [row] = await sql<[SnapshotRow?]>`
    select id, taken_at, post_ids from timeline.ranking_snapshot where id = ${id} and taken_at > now() - make_interval(mins => ${keptMinutes})`
  return row
}

export async function deleteOldSnapshots(sql: Sql, keptMinutes: number): Promise<void> {
  await sql`delete from timeline.ranking_snapshot where taken_at <= now() - make_interval(mins => ${keptMinutes})`
}

/**
 * Whether the member has posted, edited, deleted, liked or commented since. Every act of theirs leaves its event in
 * content's outbox in the same transaction, under an id that begins with its time, so this reads the last few seconds of
 * one index and no more. An event's id is made a little before its commit: at most the time a write may wait for a lock.
 */
export async function hasWrittenSince(sql: Sql, memberId: number, moment: Date): Promise<boolean> {
  const [row] = await sql<[{ written: boolean }]>`
    select exists (
      select from content.outbox where event_id >= event_support.lowest_uuid(${moment}::timestamptz - interval '6 seconds') and member_id = ${memberId}
    ) as written`
  return row.written
}

export interface EntryRow {
  id: number
  author_id: number
}

/** Which of a ranking's posts are still there, in no order. */
export const findLiveEntries = (sql: Sql, postIds: readonly number[], hiddenAuthorIds: readonly number[]): Promise<EntryRow[]> =>
  sql<EntryRow[]>`
    select id, author_id from content.post
    where id = any (${postIds as number[]}::bigint[]) and deleted_at is null and author_id <> all (${hiddenAuthorIds as number[]}::bigint[])`

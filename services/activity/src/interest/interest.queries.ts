import type { Queryable } from '@dailyfeed/postgres-support/queryable'

/** An act, and how much it says about whoever wrote the post, or the comment where there is one. */
export interface WeighedAct {
  memberId: number
  postId: number | null
  commentId: number | null
  weight: number
}

/**
 * Adds to the scores, in one statement and in the order of their keys, so that two batches cannot deadlock. Returns how
 * many acts counted: not those on one's own things, nor on what content-svc does not have.
 */
export async function addToInterests(sql: Queryable, acts: readonly WeighedAct[]): Promise<number> {
  const [row] = await sql<[{ count: number }]>`
    with act as (
      select * from unnest(
        ${acts.map(({ memberId }) => memberId)}::bigint[], ${acts.map(({ postId }) => postId)}::bigint[],
        ${acts.map(({ commentId }) => commentId)}::bigint[], ${acts.map(({ weight }) => weight)}::int[]
      ) as act (member_id, post_id, comment_id, weight)
    ), counted as (
      select act.member_id, post.author_id, act.weight from act join content.post on post.id = act.post_id
      where act.comment_id is null and act.member_id <> post.author_id
      union all
      select act.member_id, comment.author_id, act.weight from act join content.comment on comment.id = act.comment_id
      where act.member_id <> comment.author_id
    ), added as (
      insert into activity.interest as interest (member_id, author_id, score)
      select member_id, author_id, sum(weight) from counted
      group by member_id, author_id having sum(weight) <> 0 order by member_id, author_id
      on conflict (member_id, author_id) do update set score = interest.score + excluded.score, updated_at = now()
    )
    select count(*) as count from counted`
  return row.count
}

import type { Queryable } from '@dailyfeed/postgres-support/queryable'

/**
 * An action and its weight, for the author of the comment if there is one, otherwise of the post.
 */
export interface WeighedAction {
  memberId: number
  postId: number | null
  commentId: number | null
  weight: number
}

/**
 * Adds to the scores in one statement, in the order of their keys, so that two batches cannot
 * deadlock. Returns how many actions counted. Actions on a member's own content do not count, nor
 * those on content that content-svc does not have.
 */
export async function addToInterests(
  sql: Queryable,
  actions: readonly WeighedAction[],
): Promise<number> {
  const [row] = await sql<[{ count: number }]>`
    with action as (
      select * from unnest(
        ${actions.map(({ memberId }) => memberId)}::bigint[],
        ${actions.map(({ postId }) => postId)}::bigint[],
        ${actions.map(({ commentId }) => commentId)}::bigint[],
        ${actions.map(({ weight }) => weight)}::int[]
      ) as action (member_id, post_id, comment_id, weight)
    ), counted as (
      select action.member_id, post.author_id, action.weight
      from action join content.post on post.id = action.post_id
      where action.comment_id is null and action.member_id <> post.author_id
      union all
      select action.member_id, comment.author_id, action.weight
      from action join content.comment on comment.id = action.comment_id
      where action.member_id <> comment.author_id
    ), added as (
      insert into activity.interest as interest (member_id, author_id, score)
      select member_id, author_id, sum(weight) from counted
      group by member_id, author_id having sum(weight) <> 0 order by member_id, author_id
      on conflict (member_id, author_id) do update
      set score = interest.score + excluded.score, updated_at = now()
    )
    select count(*) as count from counted`
  return row.count
}

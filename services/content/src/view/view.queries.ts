import type { Queryable } from '@dailyfeed/postgres-support/queryable'

/**
 * Adds to the view counts of these posts, by post id. One row per post and batch, so that a popular
 * post is written once per batch; in the order of ids, so that two batches cannot deadlock.
 */
export async function addViews(sql: Queryable, views: ReadonlyMap<number, number>): Promise<void> {
  const counted = [...views].sort(([a], [b]) => a - b)
  await sql`
    insert into content.post_counter as counter (post_id, post_created_at, view_count)
    select post.id, post.created_at, views.count
    from unnest(
      ${counted.map(([postId]) => postId)}::bigint[], ${counted.map(([, count]) => count)}::bigint[]
    ) as views(post_id, count)
    join content.post on post.id = views.post_id
    order by post.id
    on conflict (post_id) do update set view_count = counter.view_count + excluded.view_count`
}

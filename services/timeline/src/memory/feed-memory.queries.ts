import type { Sql } from 'postgres'
import type { AuthorRow, PostRow } from '../feed/hydration.queries.ts'

/** What everybody sees alike of a post and its author. */
export type FragmentRow = Omit<PostRow, 'liked'> & Pick<AuthorRow, 'member_name' | 'handle' | 'avatar_url'>

/** Live posts as everybody sees them, in no order. */
export const findFragments = (sql: Sql, postIds: readonly number[]): Promise<FragmentRow[]> =>
  sql<FragmentRow[]>`
    select post.id, post.author_id, post.title, post.content, post.created_at, post.updated_at,
           coalesce(counter.view_count, 0) as view_count, coalesce(counter.like_count, 0) as like_count, coalesce(counter.comment_count, 0) as comment_count,
           author.member_name, author.handle, author.avatar_url
    from content.post
    join member.public_profile author on author.member_id = post.author_id
    left join content.post_counter counter on counter.post_id = post.id
    where post.id = any (${postIds as number[]}::bigint[]) and post.deleted_at is null`

/** Which of these the viewer likes. */
export async function findLikedIds(sql: Sql, viewerId: number, postIds: readonly number[]): Promise<number[]> {
  const rows = await sql<{ post_id: number }[]>`
    select post_id from content.post_like where member_id = ${viewerId} and post_id = any (${postIds as number[]}::bigint[]) and liked`
  return rows.map(({ post_id }) => post_id)
}

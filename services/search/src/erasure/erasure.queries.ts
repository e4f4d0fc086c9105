import type { Sql } from 'postgres'

export async function findErasableMembers(sql: Sql): Promise<number[]> {
  const rows = await sql<{ member_id: number }[]>`select member_id from member.erasable_member order by member_id`
  return rows.map(({ member_id }) => member_id)
}

/** Returns how many posts and comments are found no more. */
export async function eraseFromIndex(sql: Sql, memberIds: readonly number[]): Promise<number> {
  const posts = await sql`delete from search.post_index where author_id = any (${memberIds as number[]}::bigint[])`
  const comments = await sql`delete from search.comment_index where author_id = any (${memberIds as number[]}::bigint[])`
  return posts.count + comments.count
}

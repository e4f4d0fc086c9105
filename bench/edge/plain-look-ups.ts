import { anyOf } from '@dailyfeed/postgres-support/queryable'
import type { Sql } from 'postgres'

/** The rows of which one page of the following feed consists. */
export interface PageRows {
  readerId: number
  postIds: readonly number[]
  authorIds: readonly number[]
}

/** Four look-ups by index, one after the other, without joins, conditions or mapping. */
export async function lookUpRows(
  sql: Sql,
  { readerId, postIds, authorIds }: PageRows,
): Promise<void> {
  await sql`select following_id from member.follow where follower_id = ${readerId}`
  await sql`select * from content.post where id = any (${anyOf(postIds)}::bigint[])`
  await sql`select * from member.member where id = any (${anyOf(authorIds)}::bigint[])`
  await sql`select * from content.post_counter where post_id = any (${anyOf(postIds)}::bigint[])`
}

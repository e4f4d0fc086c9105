import { anyOf } from '@dailyfeed/postgres-support/queryable'
import type { Sql } from 'postgres'

export async function findErasableMembers(sql: Sql): Promise<number[]> {
  const rows = await sql<{ member_id: number }[]>`
    select member_id from member.erasable_member order by member_id`
  return rows.map(({ member_id }) => member_id)
}

/** Deletes at most `limit` images of these members, and returns their ids. */
export async function deleteRowsOf(
  sql: Sql,
  memberIds: readonly number[],
  limit: number,
): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    delete from image.image where id in (
      select id from image.image where owner_id = any (${anyOf(memberIds)}::bigint[]) limit ${limit}
    ) returning id`
  return rows.map(({ id }) => id)
}

import type { Queryable } from '@dailyfeed/postgres-support/queryable'

export async function findErasableMembers(sql: Queryable): Promise<number[]> {
  const rows = await sql<{ member_id: number }[]>`
    select member_id from member.erasable_member order by member_id`
  return rows.map(({ member_id }) => member_id)
}

import type { Sql } from 'postgres'

/** The ids of all images of members who are to be erased. */
export async function deleteErasableRows(sql: Sql): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`delete from image.image where owner_id in (select member_id from member.erasable_member) returning id`
  return rows.map(({ id }) => id)
}

export async function eraseKeys(sql: Sql): Promise<void> {
  await sql`delete from image.idempotency_key where owner in (select 'member:' || member_id from member.erasable_member)`
}

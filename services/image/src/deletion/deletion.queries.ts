import type { Sql } from 'postgres'

export async function existsOfOthers(
  sql: Sql,
  ids: readonly string[],
  memberId: number,
): Promise<boolean> {
  const [row] = await sql<[{ found: boolean }]>`
    select exists (
      select from image.image where id = any(${ids}) and owner_id <> ${memberId}) as found`
  return row.found
}

/** Returns the ids whose rows were deleted. */
export async function deleteRows(
  sql: Sql,
  ids: readonly string[],
  ownerId: number,
): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    delete from image.image where id = any(${ids}) and owner_id = ${ownerId} returning id`
  return rows.map(({ id }) => id)
}

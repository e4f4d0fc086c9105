import type { Sql } from 'postgres'

/** The hash in hexadecimal. */
export async function findContentHash(sql: Sql, id: string): Promise<string | undefined> {
  const [row] = await sql<
    [{ hash: string }?]
  >`select encode(sha256, 'hex') as hash from image.image where id = ${id}`
  return row?.hash
}

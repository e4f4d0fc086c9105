import type { Sql } from 'postgres'

interface NewImage {
  id: string
  ownerId: number
  bytes: number
  width: number
  height: number
  sha256: Buffer
}

export async function insertImage(
  sql: Sql,
  { id, ownerId, bytes, width, height, sha256 }: NewImage,
): Promise<void> {
  await sql`
    insert into image.image (id, owner_id, bytes, width, height, sha256)
    values (${id}, ${ownerId}, ${bytes}, ${width}, ${height}, ${sha256})`
}

import type { Sql } from 'postgres'

/**
 * Rows written straight into content-svc's tables, for tests of another service without
 * content-svc beside it. No event is published.
 */

export interface PostFields {
  title?: string
  content?: string
  createdAt?: Date
  deleted?: boolean
}

export interface CommentFields {
  parentId?: number | undefined
  depth?: number
  content?: string
  deleted?: boolean
}

/** Returns the id. */
export async function insertPost(
  sql: Sql,
  authorId: number,
  { title = '', content = 'a post', createdAt = new Date(), deleted = false }: PostFields = {},
): Promise<number> {
  const [row] = await sql<[{ id: number }]>`
    insert into content.post (author_id, title, content, created_at, updated_at, deleted_at)
    values (
      ${authorId}, ${title}, ${content}, ${createdAt}, ${createdAt}, ${deleted ? new Date() : null}
    )
    returning id`
  return row.id
}

export async function editPost(sql: Sql, postId: number, content: string): Promise<void> {
  await sql`
    update content.post set content = ${content}, version = version + 1, updated_at = now()
    where id = ${postId}`
}

export async function deletePost(sql: Sql, postId: number): Promise<void> {
  await sql`
    update content.post set deleted_at = now(), version = version + 1 where id = ${postId}`
}

/** Returns the id. The reply count of a parent is left as it is. */
export async function insertComment(
  sql: Sql,
  postId: number,
  authorId: number,
  { parentId, depth = 0, content = 'a comment', deleted = false }: CommentFields = {},
): Promise<number> {
  const [row] = await sql<[{ id: number }]>`
    insert into content.comment (post_id, parent_id, depth, author_id, content, deleted_at)
    values (
      ${postId}, ${parentId ?? null}, ${depth}, ${authorId}, ${content},
      ${deleted ? new Date() : null}
    )
    returning id`
  return row.id
}

import type { Queryable } from '@dailyfeed/postgres-support/queryable'

/** Rows inserted into content-svc's tables as content-svc would, for tests that run without it. */

interface NewPost {
  title?: string
  content?: string
  createdAt?: Date
  deleted?: boolean
}

export async function insertPost(
  sql: Queryable,
  authorId: number,
  { title = '', content = 'hello', createdAt = new Date(), deleted = false }: NewPost = {},
): Promise<number> {
  const [row] = await sql<[{ id: number }]>`
    insert into content.post (author_id, title, content, created_at, updated_at, deleted_at)
    values (${authorId}, ${title}, ${content}, ${createdAt}, ${createdAt}, ${deleted ? new Date() : null})
    returning id`
  await insertWriteEvent(sql, 'POST_CREATE', authorId, row.id)
  return row.id
}

/** The event by which this service learns that a member has just written. */
export async function insertWriteEvent(
  sql: Queryable,
  type: string,
  memberId: number,
  postId: number,
): Promise<void> {
  await sql`
    insert into content.outbox (activity_type, message_key, version, member_id, post_id, created_at, updated_at)
    values (${type}, ${`${type} of a test`}, 1, ${memberId}, ${postId}, now(), now())`
}

/** With the event of a like, so that caches drop the post. */
export async function setCounts(
  sql: Queryable,
  postId: number,
  { views = 0, likes = 0, comments = 0, commentedAt = null as Date | null },
): Promise<void> {
  await sql`
    insert into content.post_counter (post_id, post_created_at, view_count, like_count, comment_count, last_commented_at)
    select id, created_at, ${views}, ${likes}, ${comments}, ${commentedAt} from content.post where id = ${postId}
    on conflict (post_id) do update set view_count = ${views}, like_count = ${likes}, comment_count = ${comments}, last_commented_at = ${commentedAt}`
  await insertWriteEvent(sql, 'LIKE_POST', 1, postId)
}

export async function insertLike(
  sql: Queryable,
  postId: number,
  memberId: number,
  liked = true,
): Promise<void> {
  await sql`insert into content.post_like (post_id, member_id, liked) values (${postId}, ${memberId}, ${liked})`
  await insertWriteEvent(sql, liked ? 'LIKE_POST' : 'LIKE_POST_CANCEL', memberId, postId)
}

interface NewComment {
  parentId?: number
  depth?: number
  content?: string
  deleted?: boolean
}

export async function insertComment(
  sql: Queryable,
  postId: number,
  authorId: number,
  { parentId, depth = 0, content = 'nice', deleted = false }: NewComment = {},
): Promise<number> {
  const [row] = await sql<[{ id: number }]>`
    insert into content.comment (post_id, parent_id, depth, author_id, content, deleted_at)
    values (${postId}, ${parentId ?? null}, ${depth}, ${authorId}, ${content}, ${deleted ? new Date() : null})
    returning id`
  if (parentId !== undefined && !deleted)
    await sql`update content.comment set reply_count = reply_count + 1 where id = ${parentId}`
  await insertWriteEvent(sql, 'COMMENT_CREATE', authorId, postId)
  return row.id
}

export async function deletePost(sql: Queryable, postId: number): Promise<void> {
  await sql`update content.post set deleted_at = now() where id = ${postId}`
  await insertWriteEvent(sql, 'POST_DELETE', 1, postId)
}

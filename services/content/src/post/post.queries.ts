import type { PostDraft } from '@dailyfeed/contract/post'
import { type NewEvent, outboxEntries, outboxEntry } from '@dailyfeed/outbox/outbox'
import { authorColumns } from '@dailyfeed/post-row/author-row'
import { postColumns, postCounterColumns, type PostRow } from '@dailyfeed/post-row/post-row'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import type { Fragment } from 'postgres'

/** The draft of the author, with a title that may be empty. */
export interface NewPost extends PostDraft {
  event: NewEvent
  authorId: number
  title: string
}

/** Undefined when the author's account no longer exists. */
export const insertPost = async (sql: Queryable, post: NewPost): Promise<PostRow | undefined> =>
  (await insertPosts(sql, [post]))[0]

/**
 * Posts and their events commit together, in one statement and one round trip: neither exists without the other. Ids
 * ascend in the order of the posts. A row is undefined when its author's account no longer exists.
 *
 * `merge`, because the `returning` of `insert` cannot say which of the given rows it inserted. JSON and `limit 1`, because
 * the planner then makes one plan for any number of rows, by the index, and keeps it; it plans arrays anew each time.
 */
export async function insertPosts(
  sql: Queryable,
  posts: readonly NewPost[],
): Promise<(PostRow | undefined)[]> {
  const [first] = posts
  if (first === undefined) return []
  const given = posts.map(({ event, authorId, title, content }, index) => ({
    batch_index: index,
    author_id: authorId,
    title,
    content,
    message_key: event.messageKey,
    traceparent: event.traceparent,
  }))
  const rows = await sql<(PostRow & { batch_index: number })[]>`
    with post as (
      merge into content.post using (
        select given.*, ${authorColumns(sql)}
        from jsonb_to_recordset(${sql.json(given)}) as given (
          batch_index integer, author_id bigint, title text, content text,
          message_key text, traceparent text
        )
        cross join lateral (
          select member_name, handle, avatar_url
          from member.public_profile where member_id = given.author_id limit 1
        ) author
        order by batch_index
      ) given on false
      when not matched then
        insert (author_id, title, content) values (given.author_id, given.title, given.content)
      returning batch_index, message_key, traceparent, author_name, author_handle,
                author_avatar_url, ${postColumns(sql)}, post.version
    ), ${outboxEntries(
      sql,
      'content',
      first.event,
      sql`select message_key, traceparent, ${postEventColumns(sql)} from post`,
    )}
    select batch_index, ${postColumns(sql)}, 0 as view_count, 0 as like_count, 0 as comment_count,
           false as liked, author_name, author_handle, author_avatar_url
    from post`
  const rowByIndex = new Map(rows.map(({ batch_index, ...row }) => [batch_index, row]))
  return posts.map((_, index) => rowByIndex.get(index))
}

/** An absent title stays as it is; null removes it. */
interface PostEdit extends PostDraft {
  event: NewEvent
  postId: number
  authorId: number
}

/** Undefined when the post is deleted, or is not the author's. */
export async function updatePost(
  sql: Queryable,
  { event, postId, authorId, title, content }: PostEdit,
): Promise<PostRow | undefined> {
  const newTitle = title === null ? '' : (title ?? null)
  const [row] = await sql<[PostRow?]>`
    with post as (
      update content.post
      set title = coalesce(${newTitle}, title), content = ${content}, version = version + 1,
          updated_at = greatest(now(), created_at + interval '1 millisecond')
      where id = ${postId} and author_id = ${authorId} and deleted_at is null
      returning ${postColumns(sql)}, post.version
    ), ${outboxEntry(sql, 'content', event, sql`select ${postEventColumns(sql)} from post`)}
    select ${postColumns(sql)}, ${postCounterColumns(sql)}, ${authorColumns(sql)},
           coalesce(mine.liked, false) as liked
    from post
    join member.public_profile author on author.member_id = post.author_id
    left join content.post_counter counter on counter.post_id = post.id
    left join content.post_like mine on mine.post_id = post.id and mine.member_id = ${authorId}`
  return row
}

/** False when the post was deleted already, or is not the author's. */
export async function deletePost(
  sql: Queryable,
  event: NewEvent,
  postId: number,
  authorId: number,
): Promise<boolean> {
  const rows = await sql`
    with post as (
      update content.post set deleted_at = now(), version = version + 1
      where id = ${postId} and author_id = ${authorId} and deleted_at is null
      returning id, author_id, version, created_at, updated_at
    ), ${outboxEntry(sql, 'content', event, sql`select ${postEventColumns(sql)} from post`)}
    select id from post`
  return rows.length === 1
}

/** Columns of a CTE `post`: the subject of the event that the same statement writes. */
const postEventColumns = (sql: Queryable): Fragment => sql`
  id as row_id, author_id as member_id, id as post_id, null::bigint as comment_id,
  null::bigint as target_member_id, version, created_at, updated_at`

export interface PostStateRow {
  author_id: number
  deleted: boolean
  /** Whether the viewer may see the author's posts. */
  visible: boolean
}

/** Finds deleted posts too: the caller decides what to answer for them. */
export async function findPostState(
  sql: Queryable,
  postId: number,
  viewerId: number,
): Promise<PostStateRow | undefined> {
  const [row] = await sql<[PostStateRow?]>`
    select author_id, deleted_at is not null as deleted,
           member.may_see(${viewerId}, author_id) as visible
    from content.post where id = ${postId}`
  return row
}

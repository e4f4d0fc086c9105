import { type NewEvent, outboxEntries, outboxEntry } from '@dailyfeed/outbox/outbox'
import type { Sql } from 'postgres'

export interface PostRow {
  id: number
  author_id: number
  author_name: string
  author_handle: string
  author_avatar_url: string | null
  title: string
  content: string
  view_count: number
  like_count: number
  comment_count: number
  liked: boolean
  created_at: Date
  updated_at: Date
}

export interface NewPost {
  event: NewEvent
  authorId: number
  title: string
  content: string
}

/** Undefined when there is no such author any more. */
export const insertPost = async (sql: Sql, post: NewPost): Promise<PostRow | undefined> =>
  (await insertPosts(sql, [post]))[0]

/**
 * Posts and their events commit together, in one statement and one round trip: neither exists without the other. Ids
 * ascend in the order of the posts. An answer is undefined when there is no such author any more.
 *
 * `merge`, because `insert` cannot return which of the given rows it made. JSON and `limit 1`, because the planner then
 * makes one plan for any number of rows, by the index, and keeps it; it plans arrays anew each time.
 */
export async function insertPosts(
  sql: Sql,
  posts: readonly NewPost[],
): Promise<(PostRow | undefined)[]> {
  const [first] = posts
  if (first === undefined) return []
  const given = posts.map(({ event, authorId, title, content }, place) => ({
    place,
    author_id: authorId,
    title,
    content,
    message_key: event.messageKey,
    traceparent: event.traceparent,
  }))
  const rows = await sql<(PostRow & { place: number })[]>`
    with post as (
      merge into content.post using (
        select given.*, author.member_name as author_name, author.handle as author_handle, author.avatar_url as author_avatar_url
        from jsonb_to_recordset(${sql.json(given)}) as given (place integer, author_id bigint, title text, content text, message_key text, traceparent text)
        cross join lateral (select member_name, handle, avatar_url from member.public_profile where member_id = given.author_id limit 1) author
        order by place
      ) given on false
      when not matched then insert (author_id, title, content) values (given.author_id, given.title, given.content)
      returning place, message_key, traceparent, author_name, author_handle, author_avatar_url,
                post.id, post.author_id, post.title, post.content, post.version, post.created_at, post.updated_at
    ), ${outboxEntries(
      sql,
      'content',
      first.event,
      sql`
      select message_key, traceparent, id as row_id, author_id as member_id, id as post_id, null::bigint as comment_id, null::bigint as target_member_id,
             version, created_at, updated_at from post`,
    )}
    select place, id, author_id, title, content, created_at, updated_at, 0 as view_count, 0 as like_count, 0 as comment_count, false as liked,
           author_name, author_handle, author_avatar_url
    from post`
  const ofPlace = new Map(rows.map(({ place, ...row }) => [place, row]))
  return posts.map((_, place) => ofPlace.get(place))
}

interface PostEdit {
  event: NewEvent
  postId: number
  authorId: number
  /** Absent: the title stays. */
  title: string | undefined
  content: string
}

/** Undefined when the post is deleted, or is not the author's. */
export async function updatePost(
  sql: Sql,
  { event, postId, authorId, title, content }: PostEdit,
): Promise<PostRow | undefined> {
  const [row] = await sql<[PostRow?]>`
    with post as (
      update content.post set title = coalesce(${title ?? null}, title), content = ${content}, version = version + 1,
        updated_at = greatest(now(), created_at + interval '1 millisecond')
      where id = ${postId} and author_id = ${authorId} and deleted_at is null
      returning id, author_id, title, content, version, created_at, updated_at
    ), ${outboxEntry(
      sql,
      'content',
      event,
      sql`
      select id as row_id, author_id as member_id, id as post_id, null::bigint as comment_id, null::bigint as target_member_id, version, created_at, updated_at from post`,
    )}
    select post.id, post.author_id, post.title, post.content, post.created_at, post.updated_at,
           coalesce(counter.view_count, 0) as view_count, coalesce(counter.like_count, 0) as like_count, coalesce(counter.comment_count, 0) as comment_count,
           coalesce(mine.liked, false) as liked,
           author.member_name as author_name, author.handle as author_handle, author.avatar_url as author_avatar_url
    from post
    join member.public_profile author on author.member_id = post.author_id
    left join content.post_counter counter on counter.post_id = post.id
    left join content.post_like mine on mine.post_id = post.id and mine.member_id = ${authorId}`
  return row
}

/** Whether it was there to be deleted. */
export async function deletePost(
  sql: Sql,
  event: NewEvent,
  postId: number,
  authorId: number,
): Promise<boolean> {
  const rows = await sql`
    with post as (
      update content.post set deleted_at = now(), version = version + 1
      where id = ${postId} and author_id = ${authorId} and deleted_at is null
      returning id, author_id, version, created_at, updated_at
    ), ${outboxEntry(
      sql,
      'content',
      event,
      sql`
      select id as row_id, author_id as member_id, id as post_id, null::bigint as comment_id, null::bigint as target_member_id, version, created_at, updated_at from post`,
    )}
    select id from post`
  return rows.length === 1
}

export interface PostStateRow {
  author_id: number
  deleted: boolean
  /** Whether the viewer may see what its author writes. */
  visible: boolean
}

/** Finds deleted posts too: the caller decides what a deleted one means. */
export async function findPostState(
  sql: Sql,
  postId: number,
  viewerId: number,
): Promise<PostStateRow | undefined> {
  const [row] = await sql<[PostStateRow?]>`
    select author_id, deleted_at is not null as deleted, member.may_see(${viewerId}, author_id) as visible
    from content.post where id = ${postId}`
  return row
}

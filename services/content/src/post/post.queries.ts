import { type NewEvent, outboxEntry } from '@dailyfeed/deadletter-support/outbox'
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

interface NewPost {
  event: NewEvent
  authorId: number
  title: string
  content: string
}

/** The post and its event commit together, in one statement and one round trip: neither exists without the other. */
export async function insertPost(sql: Sql, { event, authorId, title, content }: NewPost): Promise<PostRow> {
  const [row] = await sql<[PostRow]>`
    with post as (
      insert into content.post (author_id, title, content)
      values (${authorId}, ${title}, ${content})
      returning id, author_id, title, content, version, created_at, updated_at
    ), ${outboxEntry(
      sql,
      'content',
      event,
      sql`
      select id as row_id, author_id as member_id, id as post_id, null::bigint as comment_id, null::bigint as target_member_id, version, created_at, updated_at from post`,
    )}
    select post.id, post.author_id, post.title, post.content, post.created_at, post.updated_at, 0 as view_count, 0 as like_count, 0 as comment_count, false as liked,
           author.member_name as author_name, author.handle as author_handle, author.avatar_url as author_avatar_url
    from post join member.public_profile author on author.member_id = post.author_id`
  return row
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
export async function updatePost(sql: Sql, { event, postId, authorId, title, content }: PostEdit): Promise<PostRow | undefined> {
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
export async function deletePost(sql: Sql, event: NewEvent, postId: number, authorId: number): Promise<boolean> {
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
export async function findPostState(sql: Sql, postId: number, viewerId: number): Promise<PostStateRow | undefined> {
  const [row] = await sql<[PostStateRow?]>`
    select author_id, deleted_at is not null as deleted, member.may_see(${viewerId}, author_id) as visible
    from content.post where id = ${postId}`
  return row
}

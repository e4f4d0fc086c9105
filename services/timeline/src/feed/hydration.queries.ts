import type { Sql } from 'postgres'
import { hasMuted, maySee } from '../visibility/visibility.queries.ts'

export interface PostRow {
  id: number
  author_id: number
  title: string
  content: string
  created_at: Date
  updated_at: Date
  view_count: number
  like_count: number
  comment_count: number
  /** The viewer's own. */
  liked: boolean
}

/** Live posts, in no order. A post has no counter before its first like, comment or view. */
export const findPosts = (
  sql: Sql,
  viewerId: number,
  postIds: readonly number[],
): Promise<PostRow[]> =>
  sql<PostRow[]>`
    select post.id, post.author_id, post.title, post.content, post.created_at, post.updated_at,
           coalesce(counter.view_count, 0) as view_count, coalesce(counter.like_count, 0) as like_count, coalesce(counter.comment_count, 0) as comment_count,
           coalesce(mine.liked, false) as liked
    from content.post
    left join content.post_counter counter on counter.post_id = post.id
    left join content.post_like mine on mine.post_id = post.id and mine.member_id = ${viewerId}
    where post.id = any (${postIds as number[]}::bigint[]) and post.deleted_at is null`

export interface AuthorRow {
  member_id: number
  member_name: string
  handle: string
  avatar_url: string | null
  visible: boolean
  muted: boolean
}

/** Who wrote, and how the viewer stands to them. */
export const findAuthors = (
  sql: Sql,
  viewerId: number,
  authorIds: readonly number[],
): Promise<AuthorRow[]> =>
  sql<AuthorRow[]>`
    select author.member_id, author.member_name, author.handle, author.avatar_url,
           ${maySee(sql, viewerId)} as visible, ${hasMuted(sql, viewerId)} as muted
    from member.public_profile author
    where author.member_id = any (${authorIds as number[]}::bigint[])`

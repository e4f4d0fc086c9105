import { type AuthorColumns, authorColumns } from '@dailyfeed/post-row/author-row'
import {
  postColumns,
  postCounterColumns,
  type PostWithoutAuthorRow,
} from '@dailyfeed/post-row/post-row'
import { anyOf, type Queryable } from '@dailyfeed/postgres-support/queryable'
import { hasMuted, maySee } from '@dailyfeed/visibility/visibility.queries'

/** Those of these posts that are live, in no order. */
export const findPosts = (
  sql: Queryable,
  viewerId: number,
  postIds: readonly number[],
): Promise<PostWithoutAuthorRow[]> =>
  sql<PostWithoutAuthorRow[]>`
    select ${postColumns(sql)}, ${postCounterColumns(sql)}, coalesce(mine.liked, false) as liked
    from content.post
    left join content.post_counter counter on counter.post_id = post.id
    left join content.post_like mine on mine.post_id = post.id and mine.member_id = ${viewerId}
    where post.id = any (${anyOf(postIds)}::bigint[]) and post.deleted_at is null`

export interface AuthorRow extends AuthorColumns {
  member_id: number
  /** Whether the viewer may see the author's content. */
  visible: boolean
  /** Whether the viewer mutes the author. */
  muted: boolean
}

export const findAuthors = (
  sql: Queryable,
  viewerId: number,
  authorIds: readonly number[],
): Promise<AuthorRow[]> =>
  sql<AuthorRow[]>`
    select author.member_id, ${authorColumns(sql)}, ${maySee(sql, viewerId)} as visible, ${hasMuted(sql, viewerId)} as muted
    from member.public_profile author
    where author.member_id = any (${anyOf(authorIds)}::bigint[])`

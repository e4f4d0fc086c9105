import { authorColumns } from '@dailyfeed/post-row/author-row'
import { commentColumns, type CommentRow } from '@dailyfeed/post-row/comment-row'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import { hasMuted } from '@dailyfeed/visibility/visibility.queries'
import type { Matching } from '../engine/search-engine.ts'
import { type HitRow, type PageRow, pageOfHits, total } from '../hits/matching.queries.ts'
import type { SearchRequest } from '../keyword/search-request.ts'

export interface CommentHitRow extends HitRow, CommentRow {
  post_title: string
}

/**
 * Finds comments in one statement, as `findPostHits` finds posts. A comment is visible where both
 * its author and the author of its post are. A mute hides the comments of the muted member, but not
 * the comments of others on that member's posts. With `postId`, only comments of that post.
 */
export const findCommentHits = (
  sql: Queryable,
  search: SearchRequest,
  { join, score, condition }: Matching,
  postId?: number,
): Promise<PageRow<CommentHitRow>[]> =>
  sql<PageRow<CommentHitRow>[]>`
    with matched as materialized (
      select known.comment_id as id, known.author_id, post.author_id as post_author_id, ${score}
      from search.comment_index known
      join content.comment on comment.id = known.comment_id and comment.deleted_at is null
      join content.post on post.id = known.post_id and post.deleted_at is null
      ${join}
      where ${condition} ${postId === undefined ? sql`` : sql`and known.post_id = ${postId}`}
    ), candidate as materialized (
      select author_id from matched union select post_author_id from matched
    ), author as materialized (
      select author_id, ${hasMuted(sql, search.viewerId, sql`author_id`)} as muted
      from candidate
      where member.may_see(${search.viewerId}, author_id)
    ), hit as materialized (
      select matched.* from matched
      join author on author.author_id = matched.author_id and not author.muted
      join author post_author on post_author.author_id = matched.post_author_id
    ), page as (${pageOfHits(sql, search.list)})
    select ${total(sql)} as total, shown.*
    from (select) as always left join (
      select page.whole, page.rank, post.title as post_title, ${commentColumns(sql)},
             ${authorColumns(sql)}, coalesce(mine.liked, false) as liked
      from page
      join content.comment on comment.id = page.id
      join content.post on post.id = comment.post_id
      join member.public_profile author on author.member_id = page.author_id
      left join content.comment_like mine
        on mine.comment_id = page.id and mine.member_id = ${search.viewerId}
    ) shown on true
    order by shown.whole desc, shown.rank desc, shown.id desc`

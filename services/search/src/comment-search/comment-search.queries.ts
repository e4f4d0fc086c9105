import { authorColumns } from '@dailyfeed/post-row/author-row'
import { commentColumns, type CommentRow } from '@dailyfeed/post-row/comment-row'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import { hasMutedBySet, maySeeBySets } from '@dailyfeed/visibility/visibility.queries'
import type { Fragment } from 'postgres'
import type { Matching } from '../engine/search-engine.ts'
import {
  type HitRow,
  type PageRow,
  pageOfHits,
  total,
  withinByteBudget,
} from '../hits/matching.queries.ts'
import type { SearchRequest } from '../keyword/search-request.ts'

export interface CommentHitRow extends HitRow, CommentRow {
  post_title: string
}

/**
 * Finds comments in one statement, as `postHits` finds posts. A comment is visible where both its
 * author and the author of its post are. A mute hides the comments of the muted member, but not the
 * comments of others on that member's posts. With `postId`, only comments of that post.
 */
export const findCommentHits = (
  sql: Queryable,
  search: SearchRequest,
  matching: Matching,
  postId?: number,
): Promise<PageRow<CommentHitRow>[]> =>
  sql<PageRow<CommentHitRow>[]>`
    with candidate as materialized (${withinByteBudget(
      sql,
      newestComments(sql, search, matching, postId),
    )}), hit as materialized (
      select judged.*
      from candidate
      cross join lateral (
        select from content.comment where id = candidate.id and deleted_at is null offset 0
      ) live
      cross join lateral (
        select known.comment_id as id, known.author_id, ${matching.score}
        from search.comment_index known
        where known.comment_id = candidate.id and ${matching.isHit}
        offset 0
      ) judged
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

const newestComments = (
  sql: Queryable,
  { viewerId }: SearchRequest,
  { join, isCandidate, candidateRank, bytes, maxCandidates }: Matching,
  postId: number | undefined,
): Fragment => sql`
  select known.comment_id as id, ${candidateRank} as rank, ${bytes} as bytes
  from search.comment_index known
  join content.post on post.id = known.post_id and post.deleted_at is null
  join member.public_profile author on author.member_id = known.author_id
  join member.public_profile post_author on post_author.member_id = post.author_id
  ${join}
  where ${isCandidate} ${postId === undefined ? sql`` : sql`and known.post_id = ${postId}`}
    and ${maySeeBySets(sql, viewerId, sql`author`)}
    and ${maySeeBySets(sql, viewerId, sql`post_author`)}
    and not ${hasMutedBySet(sql, viewerId, sql`author`)}
  order by known.comment_id desc
  limit ${maxCandidates}`

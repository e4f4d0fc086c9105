import { authorColumns } from '@dailyfeed/post-row/author-row'
import { postColumns, postCounterColumns, type PostRow } from '@dailyfeed/post-row/post-row'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import { hasMuted } from '@dailyfeed/visibility/visibility.queries'
import type { Matching } from '../engine/search-engine.ts'
import { type HitRow, type PageRow, pageOfHits, total } from '../hits/matching.queries.ts'
import type { SearchRequest } from '../keyword/search-request.ts'

export interface PostHitRow extends HitRow, PostRow {}

/**
 * One statement and so one snapshot: the page, the total and the visibility belong to the same
 * moment. The index only proposes posts; whether a post is live is read from the post itself, and
 * visibility is evaluated once per author.
 */
export const findPostHits = (
  sql: Queryable,
  search: SearchRequest,
  { join, score, condition }: Matching,
): Promise<PageRow<PostHitRow>[]> =>
  sql<PageRow<PostHitRow>[]>`
    with matched as materialized (
      select known.post_id as id, known.author_id, ${score}
      from search.post_index known
      join content.post on post.id = known.post_id and post.deleted_at is null
      ${join}
      where ${condition}
    ), candidate as materialized (
      select distinct author_id from matched
    ), author as materialized (
      select author_id from candidate
      where member.may_see(${search.viewerId}, author_id)
        and not ${hasMuted(sql, search.viewerId, sql`author_id`)}
    ), hit as materialized (
      select matched.* from matched join author using (author_id)
    ), page as (${pageOfHits(sql, search.list)})
    select ${total(sql)} as total, shown.*
    from (select) as always left join (
      select page.whole, page.rank, ${postColumns(sql)}, ${postCounterColumns(sql)},
             ${authorColumns(sql)}, coalesce(mine.liked, false) as liked
      from page
      join content.post on post.id = page.id
      join member.public_profile author on author.member_id = page.author_id
      left join content.post_counter counter on counter.post_id = page.id
      left join content.post_like mine
        on mine.post_id = page.id and mine.member_id = ${search.viewerId}
    ) shown on true
    order by shown.whole desc, shown.rank desc, shown.id desc`

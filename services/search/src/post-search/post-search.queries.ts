import { authorColumns } from '@dailyfeed/post-row/author-row'
import { postColumns, postCounterColumns, type PostRow } from '@dailyfeed/post-row/post-row'
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

export interface PostHitRow extends HitRow, PostRow {}

/**
 * One statement and so one snapshot: the page, the total and the visibility belong to the same
 * moment. The index only proposes posts; whether a post is live is read from the post itself.
 * Visibility is decided before candidates are limited, so that no author can fill the limit with
 * posts that the viewer does not see. `offset 0` keeps the planner from reading whole tables instead
 * of looking candidates up.
 */
export const postHits = (
  sql: Queryable,
  search: SearchRequest,
  matching: Matching,
): Fragment => sql`
  with candidate as materialized (${withinByteBudget(
    sql,
    sql`
      select known.post_id as id, ${matching.candidateRank} as rank, ${matching.bytes} as bytes
      from search.post_index known
      join member.public_profile author on author.member_id = known.author_id
      ${matching.join}
      where ${matching.isCandidate} and ${maySeeBySets(sql, search.viewerId, sql`author`)}
        and not ${hasMutedBySet(sql, search.viewerId, sql`author`)}
      order by known.post_id desc
      limit ${matching.maxCandidates}`,
  )}), hit as materialized (
    select judged.*
    from candidate
    cross join lateral (
      select from content.post where id = candidate.id and deleted_at is null offset 0
    ) live
    cross join lateral (
      select known.post_id as id, known.author_id, ${matching.score}
      from search.post_index known
      where known.post_id = candidate.id and ${matching.isHit}
      offset 0
    ) judged
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

export const findPostHits = (
  sql: Queryable,
  search: SearchRequest,
  matching: Matching,
): Promise<PageRow<PostHitRow>[]> => sql<PageRow<PostHitRow>[]>`${postHits(sql, search, matching)}`

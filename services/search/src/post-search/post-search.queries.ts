import type { Sql } from 'postgres'
import type { Matching } from '../engine/search-engine.ts'
import { type HitRow, type PageRow, pageOfHits, total } from '../keyword/matching.queries.ts'
import type { SearchRequest } from '../keyword/search-request.ts'

export interface PostHitRow extends HitRow {
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

/**
 * One statement, one snapshot: what is shown, what is counted and what may be seen belong together. The index only
 * proposes; whether a post is alive is asked of the post itself, and who may see it once per author.
 */
export const findPostHits = (
  sql: Sql,
  search: SearchRequest,
  { join, score, condition }: Matching,
): Promise<PageRow<PostHitRow>[]> =>
  sql<PageRow<PostHitRow>[]>`
    with matched as materialized (
      select known.post_id as id, known.author_id, ${score}
      from search.post_index known join content.post on post.id = known.post_id and post.deleted_at is null ${join}
      where ${condition}
    ), candidate as materialized (
      select distinct author_id from matched
    ), author as materialized (
      select author_id from candidate
      where member.may_see(${search.viewerId}, author_id)
        and not exists (select from member.mute where muter_id = ${search.viewerId} and muted_id = author_id)
    ), hit as materialized (
      select matched.* from matched join author using (author_id)
    ), page as (${pageOfHits(sql, search.list)})
    select ${total(sql)} as total, shown.*
    from (select) as always left join (
      select page.id, page.whole, page.rank, page.author_id, post.title, post.content, post.created_at, post.updated_at,
             profile.member_name as author_name, profile.handle as author_handle, profile.avatar_url as author_avatar_url,
             coalesce(counter.view_count, 0) as view_count, coalesce(counter.like_count, 0) as like_count, coalesce(counter.comment_count, 0) as comment_count,
             coalesce(mine.liked, false) as liked
      from page
      join content.post on post.id = page.id
      join member.public_profile profile on profile.member_id = page.author_id
      left join content.post_counter counter on counter.post_id = page.id
      left join content.post_like mine on mine.post_id = page.id and mine.member_id = ${search.viewerId}
    ) shown on true
    order by shown.whole desc, shown.rank desc, shown.id desc`

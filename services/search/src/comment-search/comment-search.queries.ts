import type { Sql } from 'postgres'
import type { Matching } from '../engine/search-engine.ts'
import { type HitRow, type PageRow, pageOfHits, total } from '../keyword/matching.queries.ts'
import type { SearchRequest } from '../keyword/search-request.ts'

export interface CommentHitRow extends HitRow {
  post_id: number
  post_title: string
  parent_id: number | null
  depth: number
  author_id: number
  author_name: string
  author_handle: string
  author_avatar_url: string | null
  content: string
  like_count: number
  reply_count: number
  liked: boolean
  created_at: Date
  updated_at: Date
}

/**
 * As posts are found. A comment is seen where both its author and that of the post are; a mute hides what the muted one
 * wrote, not what others wrote to it. `postId`: only below this post.
 */
export const findCommentHits = (
  sql: Sql,
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
      select author_id, exists (select from member.mute where muter_id = ${search.viewerId} and muted_id = author_id) as muted
      from candidate
      where member.may_see(${search.viewerId}, author_id)
    ), hit as materialized (
      select matched.* from matched
      join author on author.author_id = matched.author_id and not author.muted
      join author post_author on post_author.author_id = matched.post_author_id
    ), page as (${pageOfHits(sql, search.list)})
    select ${total(sql)} as total, shown.*
    from (select) as always left join (
      select page.id, page.whole, page.rank, page.author_id, comment.post_id, post.title as post_title, comment.parent_id, comment.depth, comment.content,
             comment.like_count, comment.reply_count, comment.created_at, comment.updated_at,
             profile.member_name as author_name, profile.handle as author_handle, profile.avatar_url as author_avatar_url, coalesce(mine.liked, false) as liked
      from page
      join content.comment on comment.id = page.id
      join content.post on post.id = comment.post_id
      join member.public_profile profile on profile.member_id = page.author_id
      left join content.comment_like mine on mine.comment_id = page.id and mine.member_id = ${search.viewerId}
    ) shown on true
    order by shown.whole desc, shown.rank desc, shown.id desc`

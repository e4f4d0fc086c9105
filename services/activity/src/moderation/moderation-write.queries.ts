import type { Queryable } from '@dailyfeed/postgres-support/queryable'

export type ContentKind = 'POST' | 'COMMENT'
export type ModerationStatus = 'OPEN' | 'CLEARED' | 'REMOVED' | 'DISMISSED'

/** The posts and comments that a batch of events concerns. */
export interface ChangedContent {
  postIds: number[]
  commentIds: number[]
  /** Deleted posts; their comments are checked too where their items are open. */
  deletedPostIds: number[]
}

/** The current state of a post or comment, and its item in the queue. */
export interface ContentStateRow {
  kind: ContentKind
  content_id: number
  post_id: number
  author_id: number
  /** The version of the content, or of the item where the content no longer exists. */
  version: number
  /** Whether the content, or the post of a comment, is deleted or no longer exists. */
  gone: boolean
  text: string
  item_status: ModerationStatus | null
  item_version: number | null
  item_terms: string[] | null
}

/** There is no row for an id that neither content-svc nor the queue has. */
export async function findContentStates(
  sql: Queryable,
  { postIds, commentIds, deletedPostIds }: ChangedContent,
): Promise<ContentStateRow[]> {
  return sql<ContentStateRow[]>`
    with asked as (
      select 'POST' as kind, content_id from unnest(${postIds}::bigint[]) as content_id
      union select 'COMMENT', content_id from unnest(${commentIds}::bigint[]) as content_id
      union
      select kind, thing_id from activity.moderation_item
      where kind = 'COMMENT' and status = 'OPEN' and post_id = any (${deletedPostIds}::bigint[])
    ), content as (
      select 'POST' as kind, post.id as content_id, post.id as post_id, post.author_id,
             post.version, post.deleted_at is not null as gone,
             post.title || E'\n' || post.content as text
      from asked join content.post on post.id = asked.content_id where asked.kind = 'POST'
      union all
      select 'COMMENT', comment.id, comment.post_id, comment.author_id, comment.version,
             comment.deleted_at is not null or post.deleted_at is not null, comment.content
      from asked
      join content.comment on comment.id = asked.content_id
      join content.post on post.id = comment.post_id
      where asked.kind = 'COMMENT'
    ), item as (
      select kind, thing_id as content_id, post_id, author_id, version, status, terms, id
      from activity.moderation_item
    )
    select kind, content_id, coalesce(content.post_id, item.post_id) as post_id,
           coalesce(content.author_id, item.author_id) as author_id,
           coalesce(content.version, item.version) as version,
           coalesce(content.gone, true) as gone, coalesce(content.text, '') as text,
           item.status as item_status, item.version as item_version, item.terms as item_terms
    from asked
    left join content using (kind, content_id)
    left join item using (kind, content_id)
    where content.post_id is not null or item.id is not null`
}

/** A type, since an interface is not assignable to JSON. */
export type ModerationChange = {
  kind: ContentKind
  content_id: number
  post_id: number
  author_id: number
  terms: string[]
  version: number
  status: Exclude<ModerationStatus, 'DISMISSED'>
}

/**
 * Returns the items that changed. An open item can only be closed by a version as new as its own,
 * and a dismissed item only opened by a newer one; of two concurrent checks the one that read the
 * newer version wins. In the order of their keys, so that two batches cannot deadlock.
 */
export async function upsertItems(
  sql: Queryable,
  changes: ModerationChange[],
): Promise<Pick<ModerationChange, 'kind' | 'content_id'>[]> {
  return sql<Pick<ModerationChange, 'kind' | 'content_id'>[]>`
    insert into activity.moderation_item as item
      (kind, thing_id, post_id, author_id, terms, version, status)
    select kind, content_id, post_id, author_id, array(select jsonb_array_elements_text(terms)),
           version, status
    from jsonb_to_recordset(${sql.json(changes)}) as change (
      kind text, content_id bigint, post_id bigint, author_id bigint, terms jsonb, version bigint,
      status text
    )
    order by kind, content_id
    on conflict (kind, thing_id) do update
    set terms = excluded.terms, version = excluded.version, status = excluded.status,
        decided_by = null, updated_at = now()
    where case
        when excluded.status <> 'OPEN'
          then item.status = 'OPEN' and excluded.version >= item.version
        when item.status = 'DISMISSED' then excluded.version > item.version
        else excluded.version >= item.version
      end
      and (item.status, item.version, item.terms)
        is distinct from (excluded.status, excluded.version, excluded.terms)
    returning kind, thing_id as content_id`
}

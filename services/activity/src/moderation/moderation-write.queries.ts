import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import type { JSONValue } from 'postgres'

export type ThingKind = 'POST' | 'COMMENT'
export type ModerationStatus = 'OPEN' | 'CLEARED' | 'REMOVED' | 'DISMISSED'

/** What a batch of events asks about. */
export interface AskedThings {
  postIds: number[]
  commentIds: number[]
  /** Whose comments are asked about too, as far as they are open. */
  deletedPostIds: number[]
}

/** A post or comment as it stands now, beside what the queue says of it. */
export interface JudgedThingRow {
  kind: ThingKind
  thing_id: number
  post_id: number
  author_id: number
  /** The thing's, when it is gone for good the item's. */
  version: number
  gone: boolean
  text: string
  item_status: ModerationStatus | null
  item_version: number | null
  item_terms: string[] | null
}

/** Things that are neither there nor in the queue have no row. */
export async function findThings(
  sql: Queryable,
  { postIds, commentIds, deletedPostIds }: AskedThings,
): Promise<JudgedThingRow[]> {
  return sql<JudgedThingRow[]>`
    with asked as (
      select 'POST' as kind, thing_id from unnest(${postIds}::bigint[]) as thing_id
      union select 'COMMENT', thing_id from unnest(${commentIds}::bigint[]) as thing_id
      union select kind, thing_id from activity.moderation_item where kind = 'COMMENT' and status = 'OPEN' and post_id = any (${deletedPostIds}::bigint[])
    ), thing as (
      select 'POST' as kind, post.id as thing_id, post.id as post_id, post.author_id, post.version, post.deleted_at is not null as gone, post.title || E'\n' || post.content as text
      from asked join content.post on post.id = asked.thing_id where asked.kind = 'POST'
      union all
      select 'COMMENT', comment.id, comment.post_id, comment.author_id, comment.version, comment.deleted_at is not null or post.deleted_at is not null, comment.content
      from asked join content.comment on comment.id = asked.thing_id join content.post on post.id = comment.post_id where asked.kind = 'COMMENT'
    )
    select kind, thing_id, coalesce(thing.post_id, item.post_id) as post_id, coalesce(thing.author_id, item.author_id) as author_id,
           coalesce(thing.version, item.version) as version, coalesce(thing.gone, true) as gone, coalesce(thing.text, '') as text,
           item.status as item_status, item.version as item_version, item.terms as item_terms
    from asked left join thing using (kind, thing_id) left join activity.moderation_item item using (kind, thing_id)
    where thing.thing_id is not null or item.id is not null`
}

export interface ModerationChange {
  kind: ThingKind
  thing_id: number
  post_id: number
  author_id: number
  terms: string[]
  version: number
  status: Exclude<ModerationStatus, 'DISMISSED'>
}

/**
 * An open item may only be closed, and a decided one opened only by a newer version; of two that judged at once the one
 * that saw the newer version wins. In the order of their keys, so that two batches cannot deadlock.
 */
export async function upsertItems(
  sql: Queryable,
  changes: readonly ModerationChange[],
): Promise<Pick<ModerationChange, 'kind' | 'thing_id'>[]> {
  return sql<Pick<ModerationChange, 'kind' | 'thing_id'>[]>`
    insert into activity.moderation_item as item (kind, thing_id, post_id, author_id, terms, version, status)
    select kind, thing_id, post_id, author_id, array(select jsonb_array_elements_text(terms)), version, status
    from jsonb_to_recordset(${sql.json(changes as unknown as JSONValue)}) as change (
      kind text, thing_id bigint, post_id bigint, author_id bigint, terms jsonb, version bigint, status text)
    order by kind, thing_id
    on conflict (kind, thing_id) do update set
      terms = excluded.terms, version = excluded.version, status = excluded.status, decided_by = null, updated_at = now()
    where case
        when excluded.status <> 'OPEN' then item.status = 'OPEN' and excluded.version >= item.version
        when item.status = 'DISMISSED' then excluded.version > item.version
        else excluded.version >= item.version
      end
      and (item.status, item.version, item.terms) is distinct from (excluded.status, excluded.version, excluded.terms)
    returning kind, thing_id`
}

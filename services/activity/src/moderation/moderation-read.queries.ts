import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import type { ContentKind } from './moderation-write.queries.ts'

export interface ModerationItemRow {
  id: number
  kind: ContentKind
  content_id: number
  post_id: number
  author_id: number
  terms: string[]
  version: number
  status: 'OPEN'
  created_at: Date
  updated_at: Date
  /** The current text; null where the content no longer exists and its event has not arrived. */
  text: string | null
}

interface Range {
  /** Id of the last item seen. */
  after: number | undefined
  offset: number
  limit: number
}

/** Oldest first. */
export async function findOpenItems(
  sql: Queryable,
  { after, offset, limit }: Range,
): Promise<ModerationItemRow[]> {
  return sql<ModerationItemRow[]>`
    select item.id, item.kind, item.thing_id as content_id, item.post_id, item.author_id,
           item.terms, item.version, item.status, item.created_at, item.updated_at,
           case item.kind
             when 'POST' then (
               select post.title || E'\n' || post.content
               from content.post where post.id = item.thing_id
             )
             else (
               select comment.content from content.comment where comment.id = item.thing_id
             )
           end as text
    from activity.moderation_item item
    where item.status = 'OPEN' ${after === undefined ? sql`` : sql`and item.id > ${after}`}
    order by item.id offset ${offset} limit ${limit}`
}

/** Undefined where there is no such item. */
export async function dismissItem(
  sql: Queryable,
  id: number,
  adminId: number,
): Promise<{ was_open: boolean } | undefined> {
  const [row] = await sql<[{ was_open: boolean }?]>`
    with dismissed as (
      update activity.moderation_item
      set status = 'DISMISSED', decided_by = ${adminId}, updated_at = now()
      where id = ${id} and status = 'OPEN' returning id
    )
    select exists (select from dismissed) as was_open
    from activity.moderation_item where id = ${id}`
  return row
}

/** Read from the primary on every call, so that a withdrawn role ends at once. */
export async function isAdmin(sql: Queryable, memberId: number): Promise<boolean> {
  const rows = await sql`
    select from member.member
    where id = ${memberId} and role = 'ADMIN' and withdrawn_at is null`
  return rows.length === 1
}

/** Adds to the audit log of the administrator's account, which member-svc owns. */
export async function insertAdminAction(
  sql: Queryable,
  adminId: number,
  action: string,
  address: string,
  userAgent: string | null,
): Promise<void> {
  await sql`select member.audit_admin_act(${adminId}, ${action}, ${address}, ${userAgent})`
}

import { numberArray, textArray } from '@dailyfeed/postgres-support/array-literal'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'

export interface NewRecord {
  messageKey: string
  type: string
  memberId: number
  postId: number | null
  commentId: number | null
  targetMemberId: number | null
  version: number
  eventId: string
  /** Milliseconds since 1970, like the two below. */
  occurredAt: number
  createdAt: number
  updatedAt: number
}

/**
 * Stores the records that are newer than the stored version of their key. Any event replaces a
 * member's own report. `records` must have each key once and be sorted by key, so that two batches
 * cannot deadlock. Returns how many rows changed.
 */
export async function upsertRecords(
  sql: Queryable,
  records: readonly NewRecord[],
): Promise<number> {
  const { count } = await sql`
    insert into activity.record as record (
      message_key, type, member_id, post_id, comment_id, target_member_id, version, event_id,
      occurred_at, created_at, updated_at
    )
    select message_key, type, member_id, post_id, comment_id, target_member_id, version, event_id,
           timestamptz 'epoch' + occurred_at * interval '1 ms',
           timestamptz 'epoch' + created_at * interval '1 ms',
           timestamptz 'epoch' + updated_at * interval '1 ms'
    from unnest(
      ${textArray(records.map(({ messageKey }) => messageKey))}::text::text[],
      ${textArray(records.map(({ type }) => type))}::text::text[],
      ${numberArray(records.map(({ memberId }) => memberId))}::text::bigint[],
      ${numberArray(records.map(({ postId }) => postId))}::text::bigint[],
      ${numberArray(records.map(({ commentId }) => commentId))}::text::bigint[],
      ${numberArray(records.map(({ targetMemberId }) => targetMemberId))}::text::bigint[],
      ${numberArray(records.map(({ version }) => version))}::text::bigint[],
      ${textArray(records.map(({ eventId }) => eventId))}::text::uuid[],
      ${numberArray(records.map(({ occurredAt }) => occurredAt))}::text::bigint[],
      ${numberArray(records.map(({ createdAt }) => createdAt))}::text::bigint[],
      ${numberArray(records.map(({ updatedAt }) => updatedAt))}::text::bigint[]
    ) as fresh (
      message_key, type, member_id, post_id, comment_id, target_member_id, version, event_id,
      occurred_at, created_at, updated_at
    )
    on conflict (message_key) do update
    set version = excluded.version, event_id = excluded.event_id,
        occurred_at = excluded.occurred_at, created_at = excluded.created_at,
        updated_at = excluded.updated_at
    where excluded.version > record.version or record.event_id is null`
  return count
}

/** Ids of the events whose key has no record of their version or a newer one. */
export async function findUnrecorded(
  sql: Queryable,
  records: readonly NewRecord[],
): Promise<Set<string>> {
  const rows = await sql<{ event_id: string }[]>`
    select event_id
    from unnest(
      ${textArray(records.map(({ messageKey }) => messageKey))}::text::text[],
      ${numberArray(records.map(({ version }) => version))}::text::bigint[],
      ${textArray(records.map(({ eventId }) => eventId))}::text::uuid[]
    ) as asked (message_key, version, event_id)
    where not exists (
      select from activity.record
      where record.message_key = asked.message_key and record.version >= asked.version
        and record.event_id is not null
    )`
  return new Set(rows.map(({ event_id }) => event_id))
}

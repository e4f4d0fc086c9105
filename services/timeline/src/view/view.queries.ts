import type { WrittenEvent } from '@dailyfeed/outbox/outbox'
import { numberArray } from '@dailyfeed/postgres-support/array-literal'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'

interface ViewRow {
  member_id: number
  post_id: number
  comment_id: number
}

/** Names the member and what they have viewed. */
export const viewKeyOf = (memberId: number, postId: number, commentId: number): string =>
  `${memberId}:${postId}:${commentId}`

/**
 * Records the views that count, and returns their keys: those whose member has no counted view of the same content within
 * the `windowSeconds` before. A later one also counts where the stored time lies so far in the future that a clock must
 * have been wrong. Call it in the transaction that writes their events; a repeated call returns no key again. Rows are
 * written in the order of their keys, so that two processes cannot deadlock.
 */
export async function claimViews(
  sql: Queryable,
  views: readonly WrittenEvent[],
  windowSeconds: number,
): Promise<Set<string>> {
  const rows = await sql<ViewRow[]>`
    insert into timeline.recent_view as known (member_id, post_id, comment_id, counted_at)
    select distinct on (member_id, post_id, comment_id)
           member_id, post_id, comment_id,
           timestamptz 'epoch' + version * interval '1 microsecond' as counted_at
    from unnest(
      ${numberArray(views.map(({ memberId }) => memberId))}::text::bigint[],
      ${numberArray(views.map(({ postId }) => postId ?? 0))}::text::bigint[],
      ${numberArray(views.map(({ commentId }) => commentId ?? 0))}::text::bigint[],
      ${numberArray(views.map(({ version }) => version))}::text::bigint[]
    ) as seen (member_id, post_id, comment_id, version)
    order by member_id, post_id, comment_id, version
    on conflict (member_id, post_id, comment_id) do update
    set counted_at = excluded.counted_at
    where known.counted_at <= excluded.counted_at - ${windowSeconds} * interval '1 second'
       or known.counted_at > excluded.counted_at + ${windowSeconds} * interval '1 second'
    returning member_id, post_id, comment_id`
  return new Set(
    rows.map(({ member_id, post_id, comment_id }) => viewKeyOf(member_id, post_id, comment_id)),
  )
}

/** Deletes the rows of these members. */
export async function deleteViewsOf(sql: Queryable, members: readonly number[]): Promise<void> {
  await sql`
    delete from timeline.recent_view
    where member_id = any (${numberArray(members)}::text::bigint[])`
}

/** Deletes the rows that keep no view from being counted any more. */
export async function deleteOldViews(sql: Queryable, windowSeconds: number): Promise<void> {
  await sql`
    delete from timeline.recent_view
    where counted_at < now() - ${windowSeconds} * interval '1 second'`
}

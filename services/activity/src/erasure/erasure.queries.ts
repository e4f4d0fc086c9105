import type { Queryable } from '@dailyfeed/postgres-support/queryable'

export async function findErasableMembers(sql: Queryable): Promise<number[]> {
  const rows = await sql<
    { member_id: number }[]
  >`select member_id from member.erasable_member order by member_id`
  return rows.map(({ member_id }) => member_id)
}

/** What they did, and what others did to them. Returns how many. */
export async function eraseRecords(sql: Queryable, memberIds: readonly number[]): Promise<number> {
  const { count } = await sql`
    delete from activity.record where member_id = any (${memberIds as number[]}::bigint[]) or target_member_id = any (${memberIds as number[]}::bigint[])`
  return count
}

/** Those for them; and their acts out of those for others, which go when nobody else acted. */
export async function eraseNotifications(
  sql: Queryable,
  memberIds: readonly number[],
): Promise<void> {
  await sql`
    delete from activity.notification_actor
    where notification_id in (select id from activity.notification where recipient_id = any (${memberIds as number[]}::bigint[]))`
  await sql`delete from activity.notification where recipient_id = any (${memberIds as number[]}::bigint[])`
  const left = await sql<{ id: number }[]>`
    delete from activity.notification_actor
    where actor_id = any (${memberIds as number[]}::bigint[]) or (type = 'MEMBER_FOLLOW' and subject_id = any (${memberIds as number[]}::bigint[]))
    returning notification_id as id`
  await sql`
    delete from activity.notification
    where id = any (${left.flatMap(({ id }) => (id === null ? [] : [id]))}::bigint[])
      and not exists (select from activity.notification_actor where notification_id = notification.id)`
}

export async function eraseInterests(sql: Queryable, memberIds: readonly number[]): Promise<void> {
  await sql`delete from activity.interest where member_id = any (${memberIds as number[]}::bigint[]) or author_id = any (${memberIds as number[]}::bigint[])`
}

/** What they wrote leaves the queue; what they decided as an administrator stands, by nobody (0). */
export async function eraseModeration(sql: Queryable, memberIds: readonly number[]): Promise<void> {
  await sql`delete from activity.moderation_item where author_id = any (${memberIds as number[]}::bigint[])`
  await sql`update activity.moderation_item set decided_by = 0 where decided_by = any (${memberIds as number[]}::bigint[])`
}

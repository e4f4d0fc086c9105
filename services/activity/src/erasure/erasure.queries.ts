import { anyOf, type Queryable } from '@dailyfeed/postgres-support/queryable'

export async function findErasableMembers(sql: Queryable): Promise<number[]> {
  const rows = await sql<{ member_id: number }[]>`
    select member_id from member.erasable_member order by member_id`
  return rows.map(({ member_id }) => member_id)
}

/** Deletes the records of their actions and of the actions of others on them. Returns how many. */
export async function eraseRecords(sql: Queryable, memberIds: readonly number[]): Promise<number> {
  const { count } = await sql`
    delete from activity.record
    where member_id = any (${anyOf(memberIds)}::bigint[])
      or target_member_id = any (${anyOf(memberIds)}::bigint[])`
  return count
}

/**
 * Deletes the members' notifications, and their actions from the notifications of others. A
 * notification without another actor is deleted too.
 */
export async function eraseNotifications(
  sql: Queryable,
  memberIds: readonly number[],
): Promise<void> {
  await sql`
    delete from activity.notification_actor
    where notification_id in (
      select id from activity.notification where recipient_id = any (${anyOf(memberIds)}::bigint[])
    )`
  await sql`
    delete from activity.notification where recipient_id = any (${anyOf(memberIds)}::bigint[])`
  const left = await sql<{ id: number | null }[]>`
    delete from activity.notification_actor
    where actor_id = any (${anyOf(memberIds)}::bigint[])
      or (type = 'MEMBER_FOLLOW' and subject_id = any (${anyOf(memberIds)}::bigint[]))
    returning notification_id as id`
  await sql`
    delete from activity.notification
    where id = any (${left.flatMap(({ id }) => (id === null ? [] : [id]))}::bigint[])
      and not exists (
        select from activity.notification_actor where notification_id = notification.id
      )`
}

export async function eraseInterests(sql: Queryable, memberIds: readonly number[]): Promise<void> {
  await sql`
    delete from activity.interest
    where member_id = any (${anyOf(memberIds)}::bigint[])
      or author_id = any (${anyOf(memberIds)}::bigint[])`
}

/** Deletes the items of their content. Decisions of an erased administrator are kept, by id 0. */
export async function eraseModeration(sql: Queryable, memberIds: readonly number[]): Promise<void> {
  await sql`
    delete from activity.moderation_item where author_id = any (${anyOf(memberIds)}::bigint[])`
  await sql`
    update activity.moderation_item set decided_by = 0
    where decided_by = any (${anyOf(memberIds)}::bigint[])`
}

import { deleteInBatches, inBoundedBatches } from '@dailyfeed/postgres-support/bounded-batches'
import { anyOf, inTransaction, type Queryable } from '@dailyfeed/postgres-support/queryable'

export async function findErasableMembers(sql: Queryable): Promise<number[]> {
  const rows = await sql<{ member_id: number }[]>`
    select member_id from member.erasable_member order by member_id`
  return rows.map(({ member_id }) => member_id)
}

/** Deletes the records of their actions and of the actions of others on them. Returns how many. */
export async function eraseRecords(sql: Queryable, memberIds: readonly number[]): Promise<number> {
  const members = sql`any (${anyOf(memberIds)}::bigint[])`
  // By themselves, since only the first column has an index.
  const byThem = await deleteInBatches(sql, 'activity.record', sql`member_id = ${members}`)
  return (
    byThem + (await deleteInBatches(sql, 'activity.record', sql`target_member_id = ${members}`))
  )
}

/**
 * Deletes the members' notifications, and their actions from the notifications of others. A
 * notification without another actor is deleted too.
 */
export async function eraseNotifications(
  sql: Queryable,
  memberIds: readonly number[],
): Promise<void> {
  const members = sql`any (${anyOf(memberIds)}::bigint[])`
  await deleteInBatches(
    sql,
    'activity.notification_actor',
    sql`notification_id in (select id from activity.notification where recipient_id = ${members})`,
  )
  await deleteInBatches(sql, 'activity.notification', sql`recipient_id = ${members}`)
  await inBoundedBatches((limit) => eraseActions(sql, memberIds, limit), {
    milliseconds: Number.POSITIVE_INFINITY,
  })
}

/** Deletes at most `limit` of the members' actions, and the notifications that have no other. Returns how many. */
const eraseActions = (
  sql: Queryable,
  memberIds: readonly number[],
  limit: number,
): Promise<number> =>
  inTransaction(sql, async (transaction) => {
    const members = transaction`any (${anyOf(memberIds)}::bigint[])`
    const erased = await transaction<{ id: number | null }[]>`
      delete from activity.notification_actor
      where ctid = any (array(
        select ctid from activity.notification_actor
        where actor_id = ${members} or (type = 'MEMBER_FOLLOW' and subject_id = ${members})
        limit ${limit}))
      returning notification_id as id`
    await transaction`
      delete from activity.notification
      where id = any (${erased.flatMap(({ id }) => (id === null ? [] : [id]))}::bigint[])
        and not exists (
          select from activity.notification_actor where notification_id = notification.id
        )`
    return erased.length
  })

export async function eraseInterests(sql: Queryable, memberIds: readonly number[]): Promise<void> {
  const members = sql`any (${anyOf(memberIds)}::bigint[])`
  await deleteInBatches(sql, 'activity.interest', sql`member_id = ${members}`)
  await deleteInBatches(sql, 'activity.interest', sql`author_id = ${members}`)
}

/** Deletes the items of their content. Decisions of an erased administrator are kept, by id 0. */
export async function eraseModeration(sql: Queryable, memberIds: readonly number[]): Promise<void> {
  await deleteInBatches(
    sql,
    'activity.moderation_item',
    sql`author_id = any (${anyOf(memberIds)}::bigint[])`,
  )
  await sql`
    update activity.moderation_item set decided_by = 0
    where decided_by = any (${anyOf(memberIds)}::bigint[])`
}

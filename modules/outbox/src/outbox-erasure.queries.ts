import { anyOf, type Queryable } from '@dailyfeed/postgres-support/queryable'

/**
 * Deletes the events of these members, and about them, that a publisher still stores: those of days not dropped yet, and
 * those not delivered. Returns their number.
 */
export async function eraseOutboxOf(
  sql: Queryable,
  schema: string,
  memberIds: readonly number[],
): Promise<number> {
  const { count } = await sql`
    with erased as (
      delete from ${sql(schema)}.outbox
      where member_id = any (${anyOf(memberIds)}::bigint[])
        or target_member_id = any (${anyOf(memberIds)}::bigint[])
      returning event_id
    ), pending as (
      delete from ${sql(schema)}.outbox_pending where event_id in (select event_id from erased)
    )
    select from erased`
  return count
}

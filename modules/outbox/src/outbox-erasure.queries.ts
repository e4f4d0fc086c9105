import type { Sql } from 'postgres'

/**
 * Events of these members, and about them, that a publisher still keeps: of days not dropped yet, and of deliveries that
 * failed. Returns how many.
 */
export async function eraseOutboxOf(
  sql: Sql,
  schema: string,
  memberIds: readonly number[],
): Promise<number> {
  const { count } = await sql`
    with erased as (
      delete from ${sql(schema)}.outbox
      where member_id = any (${memberIds as number[]}::bigint[]) or target_member_id = any (${memberIds as number[]}::bigint[])
      returning event_id
    ), undelivered as (
      delete from ${sql(schema)}.outbox_pending where event_id in (select event_id from erased)
    )
    select from erased`
  return count
}

import { workInParts } from '@dailyfeed/concurrency/work-in-parts'
import { isExcessiveWork } from '@dailyfeed/postgres-support/fault'
import { anyOf, type Queryable } from '@dailyfeed/postgres-support/queryable'

const HOUR = 3_600_000
/** One statement reads the events of these hours; older ones, which are few, are one part. */
const HOURS_KEPT = 10 * 24

/**
 * Deletes the events of these members, and about them, that a publisher still stores: those of days not dropped yet, and
 * those not delivered. Returns their number. The outbox has no index of members, so that each part reads a day at most,
 * and an hour where a day takes too long.
 */
export async function eraseOutboxOf(
  sql: Queryable,
  schema: string,
  memberIds: readonly number[],
): Promise<number> {
  const now = Math.ceil(Date.now() / HOUR)
  const hours = Array.from({ length: HOURS_KEPT }, (_, n) => now + 24 - n)
  let erased = await eraseBetween(sql, schema, memberIds, 0, now + 24 - HOURS_KEPT + 1)
  for (let from = 0; from < hours.length; from += 24)
    await workInParts(
      hours.slice(from, from + 24),
      async (part) => {
        const [newest, oldest] = [part[0] ?? 0, part.at(-1) ?? 0]
        erased += await eraseBetween(sql, schema, memberIds, oldest, newest + 1)
      },
      { isDivisible: isExcessiveWork },
    )
  return erased
}

/** `from` and `to`: hours since 1970; `to` is excluded. */
async function eraseBetween(
  sql: Queryable,
  schema: string,
  memberIds: readonly number[],
  from: number,
  to: number,
): Promise<number> {
  const { count } = await sql`
    with erased as (
      delete from ${sql(schema)}.outbox
      where event_id >= event_support.lowest_uuid(to_timestamp(${from * 3_600}))
        and event_id < event_support.lowest_uuid(to_timestamp(${to * 3_600}))
        and (member_id = any (${anyOf(memberIds)}::bigint[])
          or target_member_id = any (${anyOf(memberIds)}::bigint[]))
      returning event_id
    ), pending as (
      delete from ${sql(schema)}.outbox_pending where event_id in (select event_id from erased)
    )
    select from erased`
  return count
}

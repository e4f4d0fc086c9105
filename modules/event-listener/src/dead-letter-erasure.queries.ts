import { deleteInBatches } from '@dailyfeed/postgres-support/bounded-batches'
import { anyOf, type Queryable } from '@dailyfeed/postgres-support/queryable'

/**
 * Deletes dead letters that name these members, and returns their number. Payloads are searched as bytes, not as JSON,
 * since a dead letter may be one that could not be decoded.
 */
export async function eraseDeadLettersOf(
  sql: Queryable,
  schema: string,
  memberIds: readonly number[],
): Promise<number> {
  return deleteInBatches(
    sql,
    `${schema}.dead_letter`,
    sql`exists (
      select from unnest(${anyOf(memberIds)}::bigint[]) as erased (id),
        unnest(array['memberId', 'targetMemberId']) as name, unnest(array[',', '}']) as ending
      where position(convert_to('"' || name || '":' || erased.id || ending, 'UTF8') in payload) > 0)`,
  )
}

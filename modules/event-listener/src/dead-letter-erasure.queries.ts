import type { Queryable } from '@dailyfeed/postgres-support/queryable'

/** Dead letters that name these members. What is no JSON is searched as bytes: a letter may be what nobody could decode. */
export async function eraseDeadLettersOf(
  sql: Queryable,
  schema: string,
  memberIds: readonly number[],
): Promise<number> {
  const { count } = await sql`
    delete from ${sql(schema)}.dead_letter
    where exists (
      select from unnest(${memberIds as number[]}::bigint[]) as erased (id), unnest(array['memberId', 'targetMemberId']) as name, unnest(array[',', '}']) as ending
      where position(convert_to('"' || name || '":' || erased.id || ending, 'UTF8') in payload) > 0)`
  return count
}

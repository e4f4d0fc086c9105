import type { Fragment, Sql } from 'postgres'

/** Longer than the replay of any one dead letter; after a crash, how long the claimed ones wait. */
const CLAIM_SECONDS = 60

const unclaimed = (sql: Sql) =>
  sql`status = 'OPEN' and (claimed_until is null or claimed_until < now())`

/** Whose turn it is in a walk through one cause: open, in nobody's hands, and not tried since the walk began. */
const untried = (sql: Sql, fingerprint: string, since: string) => sql`
  ${unclaimed(sql)} and fingerprint = ${fingerprint} and (last_replay_at is null or last_replay_at < ${since}::text::timestamptz)`

/** The oldest of one cause, for this replay alone: of several replays at once each takes others. */
export const claimDeadLettersOf = (
  sql: Sql,
  schema: string,
  fingerprint: string,
  since: string,
  limit: number,
): Promise<number[]> => claim(sql, schema, untried(sql, fingerprint, since), limit)

/** The same for those whose next attempt is due, whatever their cause. */
export const claimDueDeadLetters = (
  sql: Sql,
  schema: string,
  maxAttempts: number,
  limit: number,
): Promise<number[]> =>
  claim(
    sql,
    schema,
    sql`${unclaimed(sql)} and next_attempt_at <= now() and attempts < ${maxAttempts}`,
    limit,
  )

/** False where it is not open, or another replay has it in hand. */
export const claimDeadLetter = async (sql: Sql, schema: string, id: number): Promise<boolean> =>
  (await claim(sql, schema, sql`${unclaimed(sql)} and id = ${id}`, 1)).length === 1

async function claim(sql: Sql, schema: string, which: Fragment, limit: number): Promise<number[]> {
  const rows = await sql<{ id: number }[]>`
    with claimed as materialized (select id from ${sql(schema)}.dead_letter where ${which} order by id limit ${limit} for update skip locked)
    update ${sql(schema)}.dead_letter letter set claimed_until = now() + ${CLAIM_SECONDS} * interval '1 second', last_replay_at = now()
    from claimed where letter.id = claimed.id
    returning letter.id`
  return rows.map(({ id }) => Number(id)).sort((a, b) => a - b)
}

/** Gives back what was claimed and not tried. */
export async function releaseDeadLetters(
  sql: Sql,
  schema: string,
  ids: readonly number[],
): Promise<void> {
  if (ids.length === 0) return
  await sql`
    update ${sql(schema)}.dead_letter set claimed_until = null, last_replay_at = null
    where id = any (${ids as number[]}::bigint[]) and status = 'OPEN'`
}

export async function countUntriedDeadLetters(
  sql: Sql,
  schema: string,
  fingerprint: string,
  since: string,
): Promise<number> {
  const [row] = await sql<
    [{ count: number }]
  >`select count(*)::int as count from ${sql(schema)}.dead_letter where ${untried(sql, fingerprint, since)}`
  return row.count
}

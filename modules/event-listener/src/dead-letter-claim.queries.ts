import { anyOf, type Queryable } from '@dailyfeed/postgres-support/queryable'
import type { Fragment } from 'postgres'

/** Longer than the replay of any one dead letter takes; after a crash, claimed ones wait this long. */
const CLAIM_SECONDS = 60

const unclaimed = (sql: Queryable) =>
  sql`status = 'OPEN' and (claimed_until is null or claimed_until < now())`

/** Open dead letters of one cause that no replay has claimed and that were not tried since the run began. */
const untried = (sql: Queryable, fingerprint: string, since: string) => sql`
  ${unclaimed(sql)} and fingerprint = ${fingerprint}
  and (last_replay_at is null or last_replay_at < ${since}::text::timestamptz)`

/**
 * Claims the oldest untried dead letters of one cause. Concurrent replays claim different ones.
 * Returns their ids.
 */
export const claimDeadLettersOf = (
  sql: Queryable,
  schema: string,
  fingerprint: string,
  since: string,
  limit: number,
): Promise<number[]> => claim(sql, schema, untried(sql, fingerprint, since), limit)

/** Claims dead letters of any cause whose next attempt is due. Returns their ids. */
export const claimDueDeadLetters = (
  sql: Queryable,
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

/** False when the dead letter is not open, or another replay has claimed it. */
export const claimDeadLetter = async (
  sql: Queryable,
  schema: string,
  id: number,
): Promise<boolean> =>
  (await claim(sql, schema, sql`${unclaimed(sql)} and id = ${id}`, 1)).length === 1

async function claim(
  sql: Queryable,
  schema: string,
  which: Fragment,
  limit: number,
): Promise<number[]> {
  const rows = await sql<{ id: number }[]>`
    with claimed as materialized (
      select id from ${sql(schema)}.dead_letter where ${which}
      order by id limit ${limit} for update skip locked
    )
    update ${sql(schema)}.dead_letter letter
    set claimed_until = now() + ${CLAIM_SECONDS} * interval '1 second', last_replay_at = now()
    from claimed where letter.id = claimed.id
    returning letter.id`
  return rows.map(({ id }) => Number(id)).sort((a, b) => a - b)
}

/** Releases dead letters that were claimed and not tried. */
export async function releaseDeadLetters(
  sql: Queryable,
  schema: string,
  ids: readonly number[],
): Promise<void> {
  if (ids.length === 0) return
  await sql`
    update ${sql(schema)}.dead_letter set claimed_until = null, last_replay_at = null
    where id = any (${anyOf(ids)}::bigint[]) and status = 'OPEN'`
}

export async function countUntriedDeadLetters(
  sql: Queryable,
  schema: string,
  fingerprint: string,
  since: string,
): Promise<number> {
  const [row] = await sql<[{ count: number }]>`
    select count(*)::int as count from ${sql(schema)}.dead_letter
    where ${untried(sql, fingerprint, since)}`
  return row.count
}

import { numberArray, textArray } from '@dailyfeed/postgres-support/array-literal'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'

export interface FailureLimit {
  key: string
  /** Failures within the window that are allowed. */
  limit: number
}

/** Counts an attempt as a failure under each key. Returns 0, or the seconds to wait where a key has reached its limit. */
export async function reserveAttempt(
  sql: Queryable,
  limits: readonly FailureLimit[],
  windowSeconds: number,
): Promise<number> {
  const [row] = await sql<[{ wait: number }]>`
    select member.reserve_login_attempt(
      ${textArray(limits.map(({ key }) => key))}::text::text[],
      ${numberArray(limits.map(({ limit }) => limit))}::text::integer[],
      ${windowSeconds} * interval '1 second') as wait`
  return row.wait
}

/** Takes the attempt back under each key, and all failures under the key `cleared`. */
export async function releaseAttempt(
  sql: Queryable,
  limits: readonly FailureLimit[],
  cleared?: string,
): Promise<void> {
  await sql`
    with locked as (
      select key from member.login_failure
      where key = any (${textArray(limits.map(({ key }) => key))}::text::text[])
      order by key for update)
    update member.login_failure as failure
    set failures = case when failure.key = ${cleared ?? ''} then 0 else greatest(0, failures - 1) end
    from locked where failure.key = locked.key`
}

/** Deletes failures whose window is over. */
export async function deleteOldFailures(sql: Queryable): Promise<void> {
  await sql`delete from member.login_failure where resets_at < now()`
}

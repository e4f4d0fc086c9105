import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import type { EndedSessionRow } from './session.queries.ts'

/**
 * Writes ended sessions to the log by which every service checks tokens. It must be the last write of
 * a transaction, since the log stays locked from then on until the commit.
 */
export async function logEnded(
  sql: Queryable,
  ended: readonly EndedSessionRow[],
  tokenLifeSeconds: number,
): Promise<void> {
  if (ended.length === 0) return
  await sql`
    insert into member.jwt_blacklist (session_id, expires_at)
    select id, now() + ${tokenLifeSeconds} * interval '1 second'
    from unnest(${ended.map(({ id }) => id)}::uuid[]) as ended(id)`
}

/** Writes one token to the log. `expiresAt`: seconds since 1970. */
export async function blacklistToken(
  sql: Queryable,
  tokenId: string,
  sessionId: string,
  expiresAt: number,
): Promise<void> {
  await sql`
    insert into member.jwt_blacklist (token_id, session_id, expires_at)
    values (${tokenId}, ${sessionId}, to_timestamp(${expiresAt}))`
}

export async function newestRevocation(sql: Queryable): Promise<number> {
  const [row] = await sql<[{ number: number }]>`select number from member.revocation_counter`
  return row.number
}

/**
 * Verifiers that have not confirmed the log up to `number`. A verifier that was last seen over a second
 * ago is left out: its cache has expired, so it asks the database about each token.
 */
export async function findUnconfirmedVerifiers(sql: Queryable, number: number): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    select id from member.verifier
    where confirmed < ${number} and seen_at > clock_timestamp() - interval '1 second'`
  return rows.map(({ id }) => id)
}

/** Deletes the rows of verifiers whose process was killed. Returns how many. */
export async function deleteOldVerifiers(sql: Queryable): Promise<number> {
  const rows = await sql`
    delete from member.verifier where seen_at < now() - interval '1 hour' returning 1`
  return rows.length
}

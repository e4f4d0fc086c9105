import type { Sql } from 'postgres'
import type { Revocation } from './revocations.ts'

interface RevocationRow {
  token_id: string | null
  session_id: string
  expires_at: Date
}

/** Confirms that the verifier's cache holds the log up to `number`, and returns the newest number. */
export async function confirmRevocations(
  sql: Sql,
  verifier: string,
  number: number,
): Promise<number> {
  const [row] = await sql<[{ newest: number }]>`
    select member.confirm_revocations(${verifier}, ${number}) as newest`
  return row.newest
}

export const removeVerifier = (sql: Sql, verifier: string) =>
  sql`select member.forget_verifier(${verifier})`

/** Includes revocations that expired within a day, for routes that accept a token that expired within a day. */
export async function findLiveRevocations(sql: Sql): Promise<Revocation[]> {
  const rows = await sql<RevocationRow[]>`
    select token_id, session_id, expires_at from member.jwt_blacklist
    where expires_at > now() - interval '1 day'`
  return rows.map(toRevocation)
}

export async function findRevocationsAfter(sql: Sql, number: number): Promise<Revocation[]> {
  const rows = await sql<RevocationRow[]>`
    select token_id, session_id, expires_at from member.jwt_blacklist where number > ${number}`
  return rows.map(toRevocation)
}

const toRevocation = ({ token_id, session_id, expires_at }: RevocationRow): Revocation => ({
  ...(token_id === null ? { sessionId: session_id } : { tokenId: token_id }),
  expiresAt: Math.floor(expires_at.getTime() / 1_000),
})

import type { Sql } from 'postgres'
import type { Revocation } from './revocations.ts'

interface RevocationRow {
  token_id: string | null
  session_id: string
  expires_at: Date
}

/** The newest number there is; says at the same time how far the verifier's memory reaches. */
export async function confirmRevocations(
  sql: Sql,
  verifier: string,
  number: number,
): Promise<number> {
  const [row] = await sql<
    [{ newest: number }]
  >`select member.confirm_revocations(${verifier}, ${number}) as newest`
  return row.newest
}

export const removeVerifier = (sql: Sql, verifier: string) =>
  sql`select member.forget_verifier(${verifier})`

/** A day longer than they matter, for routes that accept a token that ended not long ago. */
export async function findLiveRevocations(sql: Sql): Promise<Revocation[]> {
  const rows = await sql<
    RevocationRow[]
  >`select token_id, session_id, expires_at from member.jwt_blacklist where expires_at > now() - interval '1 day'`
  return rows.map(toRevocation)
}

export async function findRevocationsAfter(sql: Sql, number: number): Promise<Revocation[]> {
  const rows = await sql<
    RevocationRow[]
  >`select token_id, session_id, expires_at from member.jwt_blacklist where number > ${number}`
  return rows.map(toRevocation)
}

const toRevocation = ({ token_id, session_id, expires_at }: RevocationRow): Revocation => ({
  ...(token_id === null ? { sessionId: session_id } : { tokenId: token_id }),
  expiresAt: Math.floor(expires_at.getTime() / 1_000),
})

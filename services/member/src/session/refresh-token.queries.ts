import type { Queryable } from '@dailyfeed/postgres-support/queryable'

/** How long a refresh token is accepted when it is not used. */
export const IDLE = '30 days'

export interface RefreshRow {
  session_id: string
  member_id: number
  /** Whether the session has neither ended nor passed its absolute life, and the member is active. */
  alive: boolean
  expired: boolean
  used: boolean
  /** Whether it was used within `raceSeconds`, so that a second tab of the same client may use it too. */
  just_used: boolean
  /** Null where there is no successor. */
  successor_used: boolean | null
}

/**
 * Finds a refresh token and locks its session, so that two refreshes of one session run one after the
 * other. Undefined when the token is unknown.
 */
export async function lockRefreshToken(
  sql: Queryable,
  tokenHash: Buffer,
  raceSeconds: number,
): Promise<RefreshRow | undefined> {
  await sql`
    select from member.session
    where id = (select session_id from member.refresh_token where token_hash = ${tokenHash})
    for no key update`
  const [row] = await sql<[RefreshRow?]>`
    select token.session_id, session.member_id,
           session.ended_at is null and session.expires_at > now() and member.withdrawn_at is null as alive,
           token.expires_at <= now() as expired,
           token.used_at is not null as used,
           coalesce(token.used_at > clock_timestamp() - ${raceSeconds} * interval '1 second', false) as just_used,
           successor.used_at is not null as successor_used
    from member.refresh_token token
    join member.session on session.id = token.session_id
    join member.member on member.id = session.member_id
    left join member.refresh_token successor on successor.token_hash = token.successor_hash
    where token.token_hash = ${tokenHash}`
  return row
}

export async function rotateRefreshToken(
  sql: Queryable,
  sessionId: string,
  usedHash: Buffer,
  successorHash: Buffer,
): Promise<void> {
  await insertRefreshToken(sql, sessionId, successorHash)
  await sql`
    update member.refresh_token
    set used_at = clock_timestamp(), successor_hash = ${successorHash}
    where token_hash = ${usedHash}`
  await sql`update member.session set last_used_at = now() where id = ${sessionId}`
}

/**
 * Replaces every refresh token of the session by this one. The session is locked first, so that a
 * refresh in progress leaves no token behind. False when the session has ended.
 */
export async function replaceRefreshTokens(
  sql: Queryable,
  sessionId: string,
  tokenHash: Buffer,
): Promise<boolean> {
  const live = await sql`
    select from member.session
    where id = ${sessionId} and ended_at is null and expires_at > now()
    for no key update`
  if (live.length === 0) return false
  await sql`delete from member.refresh_token where session_id = ${sessionId}`
  await insertRefreshToken(sql, sessionId, tokenHash)
  return true
}

async function insertRefreshToken(
  sql: Queryable,
  sessionId: string,
  tokenHash: Buffer,
): Promise<void> {
  await sql`
    insert into member.refresh_token (token_hash, session_id, expires_at)
    select ${tokenHash}, id, least(now() + ${IDLE}::interval, expires_at)
    from member.session where id = ${sessionId}`
}

export async function findSessionOfRefreshToken(
  sql: Queryable,
  tokenHash: Buffer,
): Promise<string | undefined> {
  const [row] = await sql<[{ session_id: string }?]>`
    select session_id from member.refresh_token where token_hash = ${tokenHash}`
  return row?.session_id
}

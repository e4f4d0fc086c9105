import { type NewEvent, outboxEntry } from '@dailyfeed/outbox/outbox'
import type { Sql } from 'postgres'

/** A new one is older than this only by being used: auth.md asks for 30 days idle and 90 absolute. */
export const IDLE = '30 days'
export const ABSOLUTE = '90 days'

interface NewSession {
  id: string
  memberId: number
  /** Only if this is the member's password still; undefined: whatever it is. */
  passwordHash: string | null | undefined
  userAgent: string | null
  address: string
  /** By which the member signed in; undefined: by the password. */
  provider: string | undefined
  tokenHash: Buffer
  event: NewEvent
}

/**
 * A login's whole write in one statement: the session with its first refresh token, the audit entry, the event. False
 * where the member has withdrawn, or has another password by now. Takes the member's row, as a logout everywhere does.
 */
export async function openSession(
  sql: Sql,
  { id, memberId, passwordHash, userAgent, address, provider, tokenHash, event }: NewSession,
): Promise<boolean> {
  const rows = await sql`
    with member as (
      update member.member set version = version + 1
      where id = ${memberId} and withdrawn_at is null ${passwordHash === undefined ? sql`` : sql`and password_hash is not distinct from ${passwordHash}`}
      returning id, version
    ), session as (
      insert into member.session (id, member_id, user_agent, address, provider, expires_at)
      select ${id}, member.id, ${userAgent}, ${address}, ${provider ?? null}, now() + ${ABSOLUTE}::interval from member
      returning id
    ), token as (
      insert into member.refresh_token (token_hash, session_id, expires_at)
      select ${tokenHash}, id, now() + ${IDLE}::interval from session
    ), audited as (
      insert into member.audit (type, member_id, session_id, address, user_agent)
      select 'LOGGED_IN', member.id, session.id, ${address}, ${userAgent} from member, session
    ), ${outboxEntry(
      sql,
      'member',
      event,
      sql`select member.id as row_id, member.id as member_id, null::bigint as post_id, null::bigint as comment_id, null::bigint as target_member_id,
                 member.version, now() as created_at, now() as updated_at from member`,
    )}
    select id from session`
  return rows.length === 1
}

export interface RefreshRow {
  session_id: string
  member_id: number
  /** Of the session: neither ended, nor past its absolute life, and its member not withdrawn. */
  alive: boolean
  expired: boolean
  used: boolean
  /** Used so lately that a second tab of the same client may have raced. */
  just_used: boolean
  successor_used: boolean | null
}

/** With the session locked, so that two refreshes of one family stand in line. Undefined when the token is unknown. */
export async function lockRefreshToken(
  sql: Sql,
  tokenHash: Buffer,
  raceSeconds: number,
): Promise<RefreshRow | undefined> {
  await sql`
    select from member.session where id = (select session_id from member.refresh_token where token_hash = ${tokenHash}) for no key update`
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
  sql: Sql,
  sessionId: string,
  usedHash: Buffer,
  successorHash: Buffer,
): Promise<void> {
  await sql`
    insert into member.refresh_token (token_hash, session_id, expires_at)
    select ${successorHash}, id, least(now() + ${IDLE}::interval, expires_at) from member.session where id = ${sessionId}`
  await sql`update member.refresh_token set used_at = clock_timestamp(), successor_hash = ${successorHash} where token_hash = ${usedHash}`
  await sql`update member.session set last_used_at = now() where id = ${sessionId}`
}

/** The session goes on with this token alone; locked, so that a refresh under way leaves nothing behind. False when it has ended. */
export async function replaceRefreshTokens(
  sql: Sql,
  sessionId: string,
  tokenHash: Buffer,
): Promise<boolean> {
  const live =
    await sql`select from member.session where id = ${sessionId} and ended_at is null and expires_at > now() for no key update`
  if (live.length === 0) return false
  await sql`delete from member.refresh_token where session_id = ${sessionId}`
  await sql`
    insert into member.refresh_token (token_hash, session_id, expires_at)
    select ${tokenHash}, id, least(now() + ${IDLE}::interval, expires_at) from member.session where id = ${sessionId}`
  return true
}

/** Whose sessions these are, in the order in which their rows are to be locked. */
export const findMembersOfSessions = async (sql: Sql, ids: readonly string[]): Promise<number[]> =>
  (
    await sql<
      { member_id: number }[]
    >`select distinct member_id from member.session where id = any (${ids as string[]}::uuid[]) order by member_id`
  ).map(({ member_id }) => member_id)

export async function findSessionOfRefreshToken(
  sql: Sql,
  tokenHash: Buffer,
): Promise<string | undefined> {
  const [row] = await sql<
    [{ session_id: string }?]
  >`select session_id from member.refresh_token where token_hash = ${tokenHash}`
  return row?.session_id
}

export interface EndedSessionRow {
  id: string
  member_id: number
}

/** Those that lived. Until they are in the log too, their tokens are accepted. */
export const closeSessions = (sql: Sql, ids: readonly string[]): Promise<EndedSessionRow[]> =>
  sql<EndedSessionRow[]>`
    update member.session set ended_at = now() where id = any (${ids as string[]}::uuid[]) and ended_at is null
    returning id, member_id`

/** In the log that every service judges tokens by. The last write of a transaction: the log is locked from then on. */
export async function logEnded(
  sql: Sql,
  ended: readonly EndedSessionRow[],
  tokenLifeSeconds: number,
): Promise<void> {
  if (ended.length > 0)
    await sql`
      insert into member.jwt_blacklist (session_id, expires_at)
      select id, now() + ${tokenLifeSeconds} * interval '1 second' from unnest(${ended.map(({ id }) => id)}::uuid[]) as ended(id)`
}

/** Both at once, as the last writes of a transaction. */
export async function endSessions(
  sql: Sql,
  ids: readonly string[],
  tokenLifeSeconds: number,
): Promise<EndedSessionRow[]> {
  const ended = await closeSessions(sql, ids)
  await logEnded(sql, ended, tokenLifeSeconds)
  return ended
}

export async function blacklistToken(
  sql: Sql,
  tokenId: string,
  sessionId: string,
  expiresAt: number,
): Promise<void> {
  await sql`insert into member.jwt_blacklist (token_id, session_id, expires_at) values (${tokenId}, ${sessionId}, to_timestamp(${expiresAt}))`
}

export const findLiveSessionIds = async (sql: Sql, memberId: number): Promise<string[]> =>
  (
    await sql<
      { id: string }[]
    >`select id from member.session where member_id = ${memberId} and ended_at is null`
  ).map(({ id }) => id)

/** Whether the session began lately by a provider, which proves as much as a password that is typed. */
export async function isFreshProviderSession(
  sql: Sql,
  sessionId: string,
  seconds: number,
): Promise<boolean> {
  const rows = await sql`
    select from member.session where id = ${sessionId} and provider is not null and created_at > now() - ${seconds} * interval '1 second' and ended_at is null`
  return rows.length === 1
}

/** Whatever text the id is. */
export async function isLiveSessionOf(sql: Sql, memberId: number, id: string): Promise<boolean> {
  const rows =
    await sql`select from member.session where member_id = ${memberId} and id::text = ${id} and ended_at is null and expires_at > now()`
  return rows.length === 1
}

export interface SessionRow {
  id: string
  created_at: Date
  last_used_at: Date
  user_agent: string | null
  address: string | null
}

/** Newest use first. */
export const findLiveSessions = (sql: Sql, memberId: number): Promise<SessionRow[]> =>
  sql<SessionRow[]>`
    select id, created_at, last_used_at, user_agent, address from member.session
    where member_id = ${memberId} and ended_at is null and expires_at > now()
    order by last_used_at desc limit 100`

/** What no living token can need any more. A day longer, for routes that accept a token that ended not long ago. */
export async function deleteExpired(
  sql: Sql,
): Promise<{ tokens: number; revocations: number; sessions: number }> {
  const tokens = await sql`delete from member.refresh_token where expires_at < now() returning 1`
  const revocations =
    await sql`delete from member.jwt_blacklist where expires_at < now() - interval '1 day' returning 1`
  const sessions =
    await sql`delete from member.session where ended_at < now() - interval '2 days' or expires_at < now() - interval '2 days' returning 1`
  return { tokens: tokens.length, revocations: revocations.length, sessions: sessions.length }
}

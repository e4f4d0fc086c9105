import { type NewEvent, outboxEntry } from '@dailyfeed/outbox/outbox'
import { deleteInBatches } from '@dailyfeed/postgres-support/bounded-batches'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import { IDLE } from './refresh-token.queries.ts'

/** How long a session lives at most, however often its refresh token is renewed. */
const ABSOLUTE = '90 days'

interface NewSession {
  id: string
  memberId: number
  /** The session opens only while this is the member's password hash; undefined skips the comparison. */
  passwordHash: string | null | undefined
  userAgent: string | null
  address: string
  /** The provider by which the member signed in; undefined after a sign-in by password. */
  provider: string | undefined
  tokenHash: Buffer
  event: NewEvent
}

/**
 * Writes a whole login in one statement: the session with its first refresh token, the audit entry and
 * the event. Locks the member's row, like a logout everywhere. False when the member has withdrawn or
 * the password hash has changed.
 */
export async function openSession(
  sql: Queryable,
  { id, memberId, passwordHash, userAgent, address, provider, tokenHash, event }: NewSession,
): Promise<boolean> {
  const rows = await sql`
    with member as (
      update member.member set version = version + 1
      where id = ${memberId} and withdrawn_at is null ${
        passwordHash === undefined
          ? sql``
          : sql`and password_hash is not distinct from ${passwordHash}`
      }
      returning id, version
    ), session as (
      insert into member.session (id, member_id, user_agent, address, provider, expires_at)
      select ${id}, member.id, ${userAgent}, ${address}, ${provider ?? null},
             now() + ${ABSOLUTE}::interval
      from member
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
      sql`select member.id as row_id, member.id as member_id, null::bigint as post_id,
                 null::bigint as comment_id, null::bigint as target_member_id,
                 member.version, now() as created_at, now() as updated_at from member`,
    )}
    select id from session`
  return rows.length === 1
}

/** The owners of these sessions by ascending id: the order in which their rows are locked. */
export async function findMembersOfSessions(
  sql: Queryable,
  ids: readonly string[],
): Promise<number[]> {
  const rows = await sql<{ member_id: number }[]>`
    select distinct member_id from member.session where id = any (${[...ids]}::uuid[])
    order by member_id`
  return rows.map(({ member_id }) => member_id)
}

export interface EndedSessionRow {
  id: string
  member_id: number
}

/**
 * Ends those of the sessions that are open, and returns them. Their access tokens are accepted until
 * `logEnded` has written them to the revocation log as well.
 */
export const closeSessions = (sql: Queryable, ids: readonly string[]): Promise<EndedSessionRow[]> =>
  sql<EndedSessionRow[]>`
    update member.session set ended_at = now()
    where id = any (${[...ids]}::uuid[]) and ended_at is null
    returning id, member_id`

export async function findLiveSessionIds(sql: Queryable, memberId: number): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    select id from member.session where member_id = ${memberId} and ended_at is null`
  return rows.map(({ id }) => id)
}

/**
 * Whether the session began within `seconds` by a sign-in at a provider, which proves as much as a
 * password that is typed now.
 */
export async function isFreshProviderSession(
  sql: Queryable,
  sessionId: string,
  seconds: number,
): Promise<boolean> {
  const rows = await sql`
    select from member.session
    where id = ${sessionId} and provider is not null and ended_at is null
      and created_at > now() - ${seconds} * interval '1 second'`
  return rows.length === 1
}

/** `id` may be any text: it is compared as text, so that one that is no UUID is simply not found. */
export async function isLiveSessionOf(
  sql: Queryable,
  memberId: number,
  id: string,
): Promise<boolean> {
  const rows = await sql`
    select from member.session
    where member_id = ${memberId} and id::text = ${id} and ended_at is null and expires_at > now()`
  return rows.length === 1
}

export interface SessionRow {
  id: string
  created_at: Date
  last_used_at: Date
  user_agent: string | null
  address: string | null
}

/** The most recently used first. */
export const findLiveSessions = (sql: Queryable, memberId: number): Promise<SessionRow[]> =>
  sql<SessionRow[]>`
    select id, created_at, last_used_at, user_agent, address from member.session
    where member_id = ${memberId} and ended_at is null and expires_at > now()
    order by last_used_at desc limit 100`

/**
 * Deletes tokens, revocations and sessions that no accepted token can need any more. Revocations and
 * sessions stay a day longer, for routes that accept a token that expired within a day.
 */
export async function deleteExpired(
  sql: Queryable,
): Promise<{ tokens: number; revocations: number; sessions: number }> {
  return {
    tokens: await deleteInBatches(sql, 'member.refresh_token', sql`expires_at < now()`),
    revocations: await deleteInBatches(
      sql,
      'member.jwt_blacklist',
      sql`expires_at < now() - interval '1 day'`,
    ),
    sessions: await deleteInBatches(
      sql,
      'member.session',
      sql`(ended_at < now() - interval '2 days' or expires_at < now() - interval '2 days')`,
    ),
  }
}

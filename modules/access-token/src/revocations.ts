import { withoutDeadline } from '@dailyfeed/concurrency/request-deadline'
import type { Sql } from 'postgres'
import type { AccessToken } from './access-token.ts'

/** Says whether a token with a good signature, within its lifetime, has been revoked. Called for every request. */
export interface Revocations {
  isRevoked(token: AccessToken): boolean | Promise<boolean>
  /**
   * Call it after the service has closed and before its database does. Revocations that several services
   * share stay open.
   */
  close(): Promise<void>
}

/** Revokes all tokens of a session, or one token. */
export interface Revocation {
  sessionId?: string | undefined
  tokenId?: string | undefined
  /** Seconds since 1970; every token that it revokes has expired by then. */
  expiresAt: number
}

/**
 * The revocations of one process in which every service runs. member-svc adds each revocation before it
 * answers, so that this cache never lags.
 */
export class InProcessRevocations implements Revocations {
  readonly #until = new Map<string, number>()

  revoke({ sessionId, tokenId, expiresAt }: Revocation): void {
    if (sessionId !== undefined) this.#until.set(sessionId, expiresAt)
    if (tokenId !== undefined) this.#until.set(tokenId, expiresAt)
  }

  isRevoked({ sessionId, tokenId }: AccessToken): boolean {
    return this.#until.has(sessionId) || this.#until.has(tokenId)
  }

  async close(): Promise<void> {}

  /** Deletes revocations whose tokens had all expired before `seconds` (since 1970). */
  deleteExpired(seconds: number): void {
    for (const [id, expiresAt] of this.#until) if (expiresAt < seconds) this.#until.delete(id)
  }
}

interface PendingCheck {
  token: AccessToken
  resolve(revoked: boolean): void
  reject(error: unknown): void
}

/** Queries the log itself: one indexed query for all tokens that are checked in the same turn of the event loop. */
export class PostgresRevocations implements Revocations {
  readonly #sql: Sql
  #pending: PendingCheck[] = []

  constructor(sql: Sql) {
    this.#sql = sql
  }

  isRevoked(token: AccessToken): Promise<boolean> {
    return new Promise((resolve, reject) => {
      if (this.#pending.push({ token, resolve, reject }) === 1)
        setImmediate(() => withoutDeadline(() => this.#checkAll()))
    })
  }

  async close(): Promise<void> {}

  async #checkAll(): Promise<void> {
    const checks = this.#pending
    this.#pending = []
    const sessionIds = checks.map(({ token }) => token.sessionId)
    const tokenIds = checks.map(({ token }) => token.tokenId)
    try {
      const rows = await this.#sql<{ revoked: boolean }[]>`
        select exists (
                 select from member.jwt_blacklist
                 where session_id = asked.session_id and token_id is null)
            or exists (select from member.jwt_blacklist where token_id = asked.token_id) as revoked
        from unnest(${sessionIds}::uuid[], ${tokenIds}::uuid[])
          with ordinality as asked (session_id, token_id, number)
        order by number`
      for (const [index, { resolve }] of checks.entries()) resolve(rows[index]?.revoked ?? true)
    } catch (error) {
      for (const { reject } of checks) reject(error)
    }
  }
}

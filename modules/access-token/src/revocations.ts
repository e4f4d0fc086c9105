import type { Sql } from 'postgres'
import type { AccessToken } from './access-token.ts'

/** Answers whether a token whose signature and life are good has been taken back. Asked on every request. */
export interface Revocations {
  isRevoked(token: AccessToken): boolean | Promise<boolean>
}

export interface Revocation {
  sessionId?: string | undefined
  tokenId?: string | undefined
  /** Seconds since 1970; nothing that it revokes lives longer. */
  expiresAt: number
}

/** The memory of one process in which every service runs: told by member-svc before it answers, so it is never behind. */
export class InProcessRevocations implements Revocations {
  readonly #until = new Map<string, number>()

  revoke({ sessionId, tokenId, expiresAt }: Revocation): void {
    if (sessionId !== undefined) this.#until.set(sessionId, expiresAt)
    if (tokenId !== undefined) this.#until.set(tokenId, expiresAt)
  }

  isRevoked({ sessionId, tokenId }: AccessToken): boolean {
    return this.#until.has(sessionId) || this.#until.has(tokenId)
  }

  /** Drops what no living token can need any more. */
  forgetExpired(nowSeconds: number): void {
    for (const [id, expiresAt] of this.#until) if (expiresAt < nowSeconds) this.#until.delete(id)
  }
}

/** The truth itself, for a service that runs alone: one indexed look-up a request. */
export class PostgresRevocations implements Revocations {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
  }

  async isRevoked({ sessionId, tokenId }: AccessToken): Promise<boolean> {
    const [row] = await this.#sql<[{ revoked: boolean }]>`
      select exists (select from member.jwt_blacklist where session_id = ${sessionId} and token_id is null)
          or exists (select from member.jwt_blacklist where token_id = ${tokenId}) as revoked`
    return row.revoked
  }
}

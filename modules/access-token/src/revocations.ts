import type { Sql } from 'postgres'
import type { AccessToken } from './access-token.ts'

/** Answers whether a token whose signature and life are good has been taken back. Asked on every request. */
export interface Revocations {
  isRevoked(token: AccessToken): boolean | Promise<boolean>
  /** Once the service that asks has closed, and before its database does. What several share goes on. */
  close(): Promise<void>
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

  async close(): Promise<void> {}

  /** Drops what no living token can need any more. */
  forgetExpired(nowSeconds: number): void {
    for (const [id, expiresAt] of this.#until) if (expiresAt < nowSeconds) this.#until.delete(id)
  }
}

interface Question {
  token: AccessToken
  resolve(revoked: boolean): void
  reject(error: unknown): void
}

/** The truth itself, for a service that runs alone: one indexed look-up for all that is asked at once. */
export class PostgresRevocations implements Revocations {
  readonly #sql: Sql
  #questions: Question[] = []

  constructor(sql: Sql) {
    this.#sql = sql
  }

  isRevoked(token: AccessToken): Promise<boolean> {
    return new Promise((resolve, reject) => {
      if (this.#questions.push({ token, resolve, reject }) === 1)
        setImmediate(() => this.#askForAll())
    })
  }

  async close(): Promise<void> {}

  async #askForAll(): Promise<void> {
    const questions = this.#questions
    this.#questions = []
    try {
      const rows = await this.#sql<{ revoked: boolean }[]>`
        select exists (select from member.jwt_blacklist where session_id = asked.session_id and token_id is null)
            or exists (select from member.jwt_blacklist where token_id = asked.token_id) as revoked
        from unnest(${questions.map(({ token }) => token.sessionId)}::uuid[], ${questions.map(({ token }) => token.tokenId)}::uuid[]) with ordinality as asked (session_id, token_id, place)
        order by place`
      for (const [place, { resolve }] of questions.entries()) resolve(rows[place]?.revoked ?? true)
    } catch (error) {
      for (const { reject } of questions) reject(error)
    }
  }
}

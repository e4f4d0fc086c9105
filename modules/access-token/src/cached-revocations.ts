import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RedisClient } from '@dailyfeed/redis-support/redis-client'
import type { Sql } from 'postgres'
import type { AccessToken } from './access-token.ts'
import {
  CONFIRMED_CHANNEL,
  type ConfirmedMessage,
  REVOKED_CHANNEL,
  readRevoked,
  TRUST_MILLISECONDS,
} from './revocation-channel.ts'
import { InProcessRevocations, PostgresRevocations, type Revocations } from './revocations.ts'
import {
  confirmRevocations,
  findLiveRevocations,
  findRevocationsAfter,
  removeVerifier,
} from './revocation-log.queries.ts'

/** Often enough that an answer may be late and the memory is trusted all the same. */
const COMPARE_EVERY_MILLISECONDS = 250
/** Without a token for so long, the log is not asked any more: most services of a small installation do nothing most of the time. */
const IDLE_AFTER_MILLISECONDS = 1_000
const FORGET_EVERY_MILLISECONDS = 60_000
/** Some routes accept a token that ended within a day: what revoked it is remembered as long. */
const ONE_DAY_SECONDS = 86_400

interface RememberedRevocationsOptions {
  /** Of the primary: a replica may be behind. */
  sql: Sql
  /** Closed with it, like the next. */
  redis: RedisClient
  /** A second connection: one that listens to channels can do nothing else. */
  subscriber: RedisClient
  now?: () => number
}

/**
 * A memory of the whole log of revocations, so that judging a token costs no question. It is trusted only for 500 ms after
 * a question to the log itself was answered with the number that it has reached, counted from when the question was sent;
 * else PostgreSQL is asked for each token. Redis only makes it quicker: member-svc tells there what it has just revoked,
 * and hears who knows it. So nothing depends on what Redis says, holds or forgets.
 */
export class CachedRevocations implements Revocations {
  readonly #id = randomUUID()
  readonly #sql: Sql
  readonly #redis: RedisClient
  readonly #subscriber: RedisClient
  readonly #now: () => number
  readonly #truth: PostgresRevocations
  readonly #memory = new InProcessRevocations()
  /** Everything up to this number is in the memory; -1: nothing was read yet. */
  #number = -1
  #trustedUntil = Number.NEGATIVE_INFINITY
  #isClosed = false
  #judgedAt = Number.NEGATIVE_INFINITY
  #isIdle = true
  /** Ends the pause before the next question; what is heard while one is under way asks another one. */
  #wakeUp: () => void = () => {}
  #forgottenAt = 0
  #comparing: Promise<void>

  constructor({
    sql,
    redis,
    subscriber,
    now = () => performance.now(),
  }: RememberedRevocationsOptions) {
    this.#sql = sql
    this.#redis = redis
    this.#subscriber = subscriber
    this.#now = now
    this.#truth = new PostgresRevocations(sql)
    subscriber.subscribe(REVOKED_CHANNEL, (text) => this.#hear(text))
    this.#comparing = this.#keepComparing()
  }

  /** For metrics and tests: whether tokens are judged by the memory at this moment. */
  get isTrusted(): boolean {
    return this.#now() < this.#trustedUntil
  }

  isRevoked(token: AccessToken): boolean | Promise<boolean> {
    // What the memory knows as revoked is so, however old the memory is.
    if (this.#memory.isRevoked(token)) return true
    this.#judgedAt = this.#now()
    if (this.#isIdle) this.#wakeUp()
    return this.isTrusted ? false : this.#truth.isRevoked(token)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#wakeUp()
    await this.#comparing
    await removeVerifier(this.#sql, this.#id).catch(() => {})
    await Promise.all([this.#subscriber.close(), this.#redis.close()])
  }

  /** What was revoked counts at once; that nothing is missing before it, the log has to say. */
  #hear(text: string): void {
    for (const one of readRevoked(text)) this.#memory.revoke(one)
    if (!this.#isIdle) this.#wakeUp()
  }

  async #keepComparing(): Promise<void> {
    while (!this.#isClosed) {
      const heard = new Promise<void>((resolve) => {
        this.#wakeUp = resolve
      })
      const isIdle = this.#now() - this.#judgedAt > IDLE_AFTER_MILLISECONDS
      if (isIdle) await this.#rest()
      else await this.#compare().catch(() => {})
      if (this.#now() - this.#forgottenAt > FORGET_EVERY_MILLISECONDS) {
        this.#memory.forgetExpired(Date.now() / 1_000 - ONE_DAY_SECONDS)
        this.#forgottenAt = this.#now()
      }
      if (!this.#isClosed)
        await Promise.race([
          heard,
          sleep(isIdle ? FORGET_EVERY_MILLISECONDS : COMPARE_EVERY_MILLISECONDS, undefined, {
            ref: false,
          }),
        ])
    }
  }

  /** Nobody waits for a process that trusts nothing. */
  async #rest(): Promise<void> {
    if (this.#isIdle) return
    this.#isIdle = true
    this.#trustedUntil = Number.NEGATIVE_INFINITY
    await removeVerifier(this.#sql, this.#id).catch(() => {})
  }

  async #compare(): Promise<void> {
    this.#isIdle = false
    const askedAt = this.#now()
    const newest = await confirmRevocations(this.#sql, this.#id, Math.max(0, this.#number))
    if (newest > this.#number) {
      // Numbers become visible in their order: what is read now holds all up to `newest`.
      const rows =
        this.#number < 0
          ? await findLiveRevocations(this.#sql)
          : await findRevocationsAfter(this.#sql, this.#number)
      for (const one of rows) this.#memory.revoke(one)
      this.#number = newest
      const confirmed: ConfirmedMessage = { verifier: this.#id, number: newest }
      this.#redis.publish(CONFIRMED_CHANNEL, JSON.stringify(confirmed)).catch(() => {})
    }
    this.#trustedUntil = askedAt + TRUST_MILLISECONDS
  }
}

import { randomUUID } from 'node:crypto'
import { WakeableSleep } from '@dailyfeed/concurrency/wakeable-sleep'
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
import {
  confirmRevocations,
  findLiveRevocations,
  findRevocationsAfter,
  removeVerifier,
} from './revocation-log.queries.ts'
import { InProcessRevocations, PostgresRevocations, type Revocations } from './revocations.ts'

/** Sync interval: short enough that one late sync does not expire the cache. */
const SYNC_EVERY_MILLISECONDS = 250
/**
 * Without a token for this long, syncs stop: most services of a small installation are idle most of the
 * time.
 */
const IDLE_AFTER_MILLISECONDS = 1_000
const EXPIRE_EVERY_MILLISECONDS = 60_000
/** Some routes accept a token that expired within a day, so its revocation is cached as long. */
const ONE_DAY_SECONDS = 86_400

interface CachedRevocationsOptions {
  /** A pool of the primary: a replica may lag. */
  sql: Sql
  /** Closed together with these revocations. */
  redis: RedisClient
  /** A second connection, since one that subscribes can do nothing else. Closed as well. */
  subscriber: RedisClient
  now?: () => number
}

/**
 * A cache of the whole revocation log, so that checking a token takes no query. The cache is trusted for
 * 500 ms after a sync with the log in PostgreSQL, counted from the start of the query; otherwise
 * PostgreSQL is queried about each token. Redis only makes it faster: member-svc publishes there what it
 * has just revoked, and verifiers publish how far they are. Correctness never depends on Redis.
 */
export class CachedRevocations implements Revocations {
  readonly #id = randomUUID()
  readonly #sql: Sql
  readonly #redis: RedisClient
  readonly #subscriber: RedisClient
  readonly #now: () => number
  readonly #database: PostgresRevocations
  readonly #cache = new InProcessRevocations()
  readonly #sleep = new WakeableSleep()
  readonly #syncing: Promise<void>
  /** The cache holds every revocation up to this number; -1 before the first sync. */
  #number = -1
  #trustedUntil = Number.NEGATIVE_INFINITY
  #isClosed = false
  #lastCheckAt = Number.NEGATIVE_INFINITY
  #isIdle = true
  #expiredAt = 0

  constructor({ sql, redis, subscriber, now = () => performance.now() }: CachedRevocationsOptions) {
    this.#sql = sql
    this.#redis = redis
    this.#subscriber = subscriber
    this.#now = now
    this.#database = new PostgresRevocations(sql)
    subscriber.subscribe(REVOKED_CHANNEL, (text) => this.#onMessage(text))
    this.#syncing = this.#keepSyncing()
  }

  /** Whether tokens are checked by the cache at this moment; for metrics and tests. */
  get isTrusted(): boolean {
    return this.#now() < this.#trustedUntil
  }

  isRevoked(token: AccessToken): boolean | Promise<boolean> {
    // A cached revocation is valid however old the cache is.
    if (this.#cache.isRevoked(token)) return true
    this.#lastCheckAt = this.#now()
    if (this.#isIdle) this.#sleep.wake()
    return this.isTrusted ? false : this.#database.isRevoked(token)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#sleep.stop()
    await this.#syncing
    await removeVerifier(this.#sql, this.#id).catch(() => {})
    await Promise.all([this.#subscriber.close(), this.#redis.close()])
  }

  /** Revocations take effect at once. Only a sync with the log shows that none before them is missing. */
  #onMessage(text: string): void {
    for (const one of readRevoked(text)) this.#cache.revoke(one)
    if (!this.#isIdle) this.#sleep.wake()
  }

  async #keepSyncing(): Promise<void> {
    while (!this.#isClosed) {
      // Read before the sync: a message that arrives during it starts another one.
      const seen = this.#sleep.wakeups
      const isIdle = this.#now() - this.#lastCheckAt > IDLE_AFTER_MILLISECONDS
      if (isIdle) await this.#idle()
      else await this.#sync().catch(() => {})
      this.#deleteExpired()
      const milliseconds = isIdle ? EXPIRE_EVERY_MILLISECONDS : SYNC_EVERY_MILLISECONDS
      await this.#sleep.untilWoken(milliseconds, seen)
    }
  }

  /** Gives up the trust of the cache, so that no logout waits for this verifier. */
  async #idle(): Promise<void> {
    if (this.#isIdle) return
    this.#isIdle = true
    this.#trustedUntil = Number.NEGATIVE_INFINITY
    await removeVerifier(this.#sql, this.#id).catch(() => {})
  }

  async #sync(): Promise<void> {
    this.#isIdle = false
    const startedAt = this.#now()
    const newest = await confirmRevocations(this.#sql, this.#id, Math.max(0, this.#number))
    if (newest > this.#number) {
      // Numbers become visible in ascending order, so that this query returns all of them up to `newest`.
      const rows =
        this.#number < 0
          ? await findLiveRevocations(this.#sql)
          : await findRevocationsAfter(this.#sql, this.#number)
      for (const one of rows) this.#cache.revoke(one)
      this.#number = newest
      const confirmed: ConfirmedMessage = { verifier: this.#id, number: newest }
      this.#redis.publish(CONFIRMED_CHANNEL, JSON.stringify(confirmed)).catch(() => {})
    }
    this.#trustedUntil = startedAt + TRUST_MILLISECONDS
  }

  #deleteExpired(): void {
    if (this.#now() - this.#expiredAt <= EXPIRE_EVERY_MILLISECONDS) return
    this.#cache.deleteExpired(Date.now() / 1_000 - ONE_DAY_SECONDS)
    this.#expiredAt = this.#now()
  }
}

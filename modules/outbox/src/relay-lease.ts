import { randomUUID } from 'node:crypto'
import type { Sql } from 'postgres'
import { releaseLease, takeLease } from './relay-lease.queries.ts'
import type { StepDeadline } from './step-deadline.ts'

/** After a crash another relay takes over when the lease expires; until then it is renewed three times. */
const LEASE_SECONDS = 3

/**
 * The lease by which one relay per schema is active at a time, and the database's clock as of its
 * last renewal.
 */
export class RelayLease {
  readonly #sql: Sql
  readonly #schema: string
  readonly #inTime: StepDeadline
  readonly #holder = randomUUID()
  /** By this process's monotonic clock. */
  #endsAt = 0
  /**
   * How far the database's clock is ahead of this process's monotonic clock. With it, a jump of the
   * local clock is harmless.
   */
  #databaseAhead = 0

  constructor(sql: Sql, schema: string, inTime: StepDeadline) {
    this.#sql = sql
    this.#schema = schema
    this.#inTime = inTime
  }

  /** Takes or renews the lease. False while another relay holds it. */
  async tryTake(): Promise<boolean> {
    const askedAt = performance.now()
    const now = await this.#inTime(
      'taking the lease',
      takeLease(this.#sql, this.#schema, this.#holder, LEASE_SECONDS),
    )
    if (now === undefined) return false
    this.#databaseAhead = now - askedAt
    // Counted from before the query, so that it never lasts longer here than in the database.
    this.#endsAt = askedAt + LEASE_SECONDS * 1_000
    return true
  }

  isHeld(): boolean {
    return performance.now() < this.#endsAt
  }

  /** Milliseconds since 1970. */
  databaseNow(): number {
    return this.#databaseAhead + performance.now()
  }

  /**
   * Ends the lease for this process. In the database it expires by itself, unless it is released or
   * taken again.
   */
  expire(): void {
    this.#endsAt = 0
  }

  release(): Promise<void> {
    return releaseLease(this.#sql, this.#schema, this.#holder)
  }
}

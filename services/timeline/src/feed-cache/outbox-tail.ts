import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import {
  type ChangeRow,
  findChangesSince,
  findSnapshot,
  MAX_CHANGES,
} from './outbox-changes.queries.ts'

export interface Poll {
  /** Changes may have been missed before these: everything that is cached has to be dropped first. */
  isResync: boolean
  /** Milliseconds of the database's clock: every change committed after it is in this poll or a later one. */
  since: number | undefined
  /** Everything that was committed before the poll and was in none before; some changes come more than once. */
  changes: ChangeRow[]
  /** Milliseconds of the database's clock: every change committed after it is in a later poll. */
  watermark: number
}

/** Beyond this gap between two polls, or `MAX_CHANGES`, dropping everything is cheaper. */
const MAX_GAP_MS = 30_000
/** How far back the first poll starts at most. */
const MAX_RESUME_MS = 180_000

/** Reads the outboxes of content-svc and member-svc for changes since its last poll. One poll runs at a time. */
export class OutboxTail {
  readonly #sql: Queryable
  #xmin: number | undefined
  /** Milliseconds of `performance.now()` at which the last successful poll started. Hot paths read this field. */
  polledAt = Number.NEGATIVE_INFINITY
  /** The last poll found no commits, so the next one tries the cheap check first. */
  #isIdle = false

  /** `sql`: of the primary. */
  constructor(sql: Queryable) {
    this.#sql = sql
  }

  /** Whether the next poll starts anew: the first one, and one after too large a gap. */
  get needsResync(): boolean {
    return this.#xmin === undefined || performance.now() - this.polledAt > MAX_GAP_MS
  }

  async poll(): Promise<Poll> {
    if (this.#xmin === undefined) return this.resync(undefined)
    const startedAt = performance.now()
    const poll = await this.#pollSince(this.#xmin, startedAt - this.polledAt)
    this.polledAt = startedAt
    return poll
  }

  /**
   * Starts anew. `resumeFrom`: milliseconds of the database's clock from which changes are needed; undefined: none before
   * this poll.
   */
  async resync(resumeFrom: number | undefined): Promise<Poll> {
    const startedAt = performance.now()
    const { xmin, started_at, read_at } = await findSnapshot(this.#sql)
    const gap = resumeFrom === undefined ? -1 : started_at - resumeFrom
    const isRecent = gap >= 0 && gap <= MAX_RESUME_MS
    // Transaction id 0: everything that was written since, by any transaction.
    const poll = isRecent ? await this.#pollSince(0, gap + 1_000) : undefined
    if (poll === undefined) this.#xmin = xmin
    this.polledAt = startedAt
    return {
      isResync: true,
      since: poll?.isResync === false ? resumeFrom : undefined,
      changes: poll?.changes ?? [],
      watermark: poll?.watermark ?? read_at,
    }
  }

  async #pollSince(xmin: number, milliseconds: number): Promise<Poll> {
    if (this.#isIdle) {
      const { xmax, read_at } = await findSnapshot(this.#sql)
      this.#isIdle = xmax === xmin
      if (this.#isIdle)
        return { isResync: false, since: undefined, changes: [], watermark: read_at }
    }
    const row = await findChangesSince(this.#sql, xmin, Math.ceil(milliseconds / 1_000))
    this.#isIdle = row.xmax === xmin
    this.#xmin = row.xmin
    const isCut = row.changes.length > MAX_CHANGES
    return {
      isResync: isCut,
      since: undefined,
      changes: isCut ? [] : row.changes,
      watermark: row.read_at,
    }
  }
}

import { BatchSize } from '@dailyfeed/concurrency/batch-size'
import { insertEvents, type WrittenEvent } from '@dailyfeed/outbox/outbox'
import { isRefusal, isTransientFault } from '@dailyfeed/postgres-support/fault'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import type { Sql } from 'postgres'
import { findWritten } from './view.queries.ts'

/** Views of one statement. */
const BATCH = 2_000
/** How far the database's clock may be behind, with the time that a statement may have been on its way. */
const SLACK_SECONDS = 30

/** Which views were not written by `ViewWriter.write`. */
export interface UnwrittenViews {
  /** The database is away: these have to be written again. */
  waiting: readonly WrittenEvent[]
  /** Number of views that the database refuses. */
  refused: number
  /** The last error. */
  error: unknown
}

/** Writes views as events, in several statements where they are many or one fails. */
export class ViewWriter {
  readonly #sql: Sql
  readonly #onWritten: () => void
  readonly #size = new BatchSize({ max: BATCH })
  /** `performance.now()` of the first write since the last success whose outcome is unknown: it may have been committed. */
  #inDoubtSince: number | undefined

  /** `onWritten`: events have been written, which wakes the relay. */
  constructor(sql: Sql, onWritten: () => void) {
    this.#sql = sql
    this.#onWritten = onWritten
  }

  /** A part that is refused is followed by a smaller one, until each refused view stands alone. */
  async write(events: readonly WrittenEvent[]): Promise<UnwrittenViews> {
    const unwritten: UnwrittenViews = { waiting: [], refused: 0, error: undefined }
    for (let from = 0; from < events.length; ) {
      const part = events.slice(from, from + this.#size.current)
      const failure = await this.#tryWrite(part)
      if (failure !== undefined) {
        unwritten.error = failure.cause
        if (isTransientFault(failure.cause)) return { ...unwritten, waiting: events.slice(from) }
        if (part.length > 1) continue
        unwritten.refused += 1
      }
      from += part.length
    }
    this.#inDoubtSince = undefined
    return unwritten
  }

  /** The error of a write, or undefined after success. */
  async #tryWrite(part: WrittenEvent[]): Promise<{ cause: unknown } | undefined> {
    const startedAt = performance.now()
    try {
      const since = this.#inDoubtSince
      const fresh = since === undefined ? part : await withoutWritten(this.#sql, part, since)
      await insertEvents(this.#sql, 'timeline', fresh)
      this.#size.succeeded(part.length, performance.now() - startedAt)
      this.#onWritten()
      return undefined
    } catch (cause) {
      this.#size.failed(part.length)
      if (!isRefusal(cause)) this.#inDoubtSince ??= startedAt
      return { cause }
    }
  }
}

/**
 * A connection may be lost between commit and response: views that an earlier write stored must not be counted twice.
 * `since`: of `performance.now()`.
 */
async function withoutWritten(
  sql: Queryable,
  events: WrittenEvent[],
  since: number,
): Promise<WrittenEvent[]> {
  const seconds = Math.ceil((performance.now() - since) / 1_000) + SLACK_SECONDS
  const written = await findWritten(sql, events, seconds)
  return events.filter(({ messageKey }) => !written.has(messageKey))
}

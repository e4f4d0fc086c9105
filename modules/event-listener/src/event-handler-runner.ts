import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import { isTransientFault } from '@dailyfeed/postgres-support/fault'
import { inTransaction } from '@dailyfeed/postgres-support/queryable'
import type { Sql } from 'postgres'
import type { DeadLetterStore } from './dead-letter-store.ts'
import type { EventHandler } from './event-handler.ts'
import type { ValidDelivery } from './event-validation.ts'
import { claimNewEvents } from './inbox.queries.ts'

const ATTEMPTS_PER_EVENT = 3

/** Figures of one delivery. */
export interface HandlingReport {
  received: number
  /** New effects: an event that two handlers applied counts twice. */
  applied: number
  deadLettered: number
}

/** Runs handlers over batches, so that an event on which one fails permanently delays no other. */
export class EventHandlerRunner {
  readonly #sql: Sql
  readonly #schema: string
  readonly #deadLetters: DeadLetterStore

  constructor(sql: Sql, schema: string, deadLetters: DeadLetterStore) {
    this.#sql = sql
    this.#schema = schema
    this.#deadLetters = deadLetters
  }

  /**
   * Applies one handler; its effect and the inbox commit together. Returns the number of events
   * that changed something.
   */
  async apply(handler: EventHandler, events: MemberActivityEvent[]): Promise<number> {
    if (!handler.usesInbox) return handler.apply(this.#sql, events)
    return inTransaction(this.#sql, async (transaction) => {
      const fresh = await claimNewEvents(transaction, this.#schema, handler.name, events)
      return fresh.length === 0 ? 0 : handler.apply(transaction, fresh)
    })
  }

  /**
   * Applies one handler to a batch and adds to the report. A batch that fails permanently is halved until each culprit
   * stands alone; after three attempts it becomes a dead letter. Throws transient faults.
   */
  async applyOrDeadLetter(
    handler: EventHandler,
    deliveries: readonly ValidDelivery[],
    report: HandlingReport,
  ): Promise<void> {
    const [first] = deliveries
    if (first === undefined) return
    const failure = await this.#tryApply(handler, deliveries, report)
    if (failure === undefined) return
    if (deliveries.length > 1) {
      const half = Math.ceil(deliveries.length / 2)
      await this.applyOrDeadLetter(handler, deliveries.slice(0, half), report)
      await this.applyOrDeadLetter(handler, deliveries.slice(half), report)
      return
    }
    await this.#deadLetters.deadLetter(handler.name, first, first.event.eventId, failure.error)
    report.deadLettered += 1
  }

  /** The permanent failure of the last attempt, or undefined after success. */
  async #tryApply(
    handler: EventHandler,
    deliveries: readonly ValidDelivery[],
    report: HandlingReport,
  ): Promise<{ error: unknown } | undefined> {
    const events = deliveries.map(({ event }) => event)
    for (let attempt = 1; ; attempt += 1)
      try {
        report.applied += await this.apply(handler, events)
        return undefined
      } catch (error) {
        if (isTransientFault(error)) throw error
        if (deliveries.length > 1 || attempt === ATTEMPTS_PER_EVENT) return { error }
      }
  }
}

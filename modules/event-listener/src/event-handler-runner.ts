import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import { isExcessiveWork, isTransientFault } from '@dailyfeed/postgres-support/fault'
import { inTransaction } from '@dailyfeed/postgres-support/queryable'
import type { Sql } from 'postgres'
import type { DeadLetterStore } from './dead-letter-store.ts'
import { type EventHandler, EventsFailedError } from './event-handler.ts'
import type { ValidDelivery } from './event-validation.ts'
import { FailedAttempts } from './failed-attempts.ts'
import { claimNewEvents } from './inbox.queries.ts'

const ATTEMPTS_PER_EVENT = 3

/** Figures of one delivery. */
export interface HandlingReport {
  received: number
  /** New effects: an event that two handlers applied counts twice. */
  applied: number
  deadLettered: number
}

/** One delivery in progress. */
export interface Handling {
  report: HandlingReport
  /** Time of `performance.now()` after which no further part of the batch begins. */
  endsAt: number
  /** Whether the sender delivers a batch again that was not handled completely. */
  isRepeated: boolean
  /** Why the batch has to be delivered again. Its other events are applied first. */
  postponed: { error: unknown } | undefined
}

/** Runs handlers over batches, so that an event on which one fails permanently delays no other. */
export class EventHandlerRunner {
  readonly #sql: Sql
  readonly #schema: string
  readonly #deadLetters: DeadLetterStore
  readonly #tooMuch = new FailedAttempts()

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
   * Applies one handler to a batch and adds to the report. A batch that fails permanently, or exceeds what PostgreSQL
   * does within one statement, is halved until each culprit stands alone; after three attempts it becomes a dead letter.
   * Halves that would begin too late are postponed. Throws every other transient fault.
   */
  async applyOrDeadLetter(
    handler: EventHandler,
    deliveries: readonly ValidDelivery[],
    handling: Handling,
  ): Promise<void> {
    const [first] = deliveries
    if (first === undefined) return
    const failure = await this.#tryApply(handler, deliveries, handling.report)
    if (failure === undefined) return
    if (failure.error instanceof EventsFailedError)
      return this.#failEach(handler, deliveries, failure.error, handling)
    if (deliveries.length > 1) {
      const half = Math.ceil(deliveries.length / 2)
      for (const part of [deliveries.slice(0, half), deliveries.slice(half)])
        if (performance.now() < handling.endsAt)
          await this.applyOrDeadLetter(handler, part, handling)
        else handling.postponed ??= failure
      return
    }
    await this.#fail(handler, first, failure.error, handling)
  }

  /** The failure of the last attempt, or undefined after success. */
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
        // A statement at its time limit takes seconds: the next attempt is left to the next delivery.
        if (isExcessiveWork(error)) return { error }
        if (isTransientFault(error)) throw error
        if (error instanceof EventsFailedError) return { error }
        if (deliveries.length > 1 || attempt === ATTEMPTS_PER_EVENT) return { error }
      }
  }

  async #failEach(
    handler: EventHandler,
    deliveries: readonly ValidDelivery[],
    { failed, applied }: EventsFailedError,
    handling: Handling,
  ): Promise<void> {
    handling.report.applied += applied
    for (const delivery of deliveries)
      if (failed.has(delivery.event.eventId))
        await this.#fail(handler, delivery, failed.get(delivery.event.eventId), handling)
  }

  /** Stores a dead letter, or postpones an event that has exceeded a time limit fewer than three times. */
  async #fail(
    handler: EventHandler,
    delivery: ValidDelivery,
    error: unknown,
    handling: Handling,
  ): Promise<void> {
    const { eventId } = delivery.event
    const key = `${handler.name} ${eventId}`
    if (
      handling.isRepeated &&
      isExcessiveWork(error) &&
      this.#tooMuch.add(key) < ATTEMPTS_PER_EVENT
    ) {
      handling.postponed ??= { error }
      return
    }
    await this.#deadLetters.deadLetter(handler.name, delivery, eventId, error)
    this.#tooMuch.delete(key)
    handling.report.deadLettered += 1
  }
}

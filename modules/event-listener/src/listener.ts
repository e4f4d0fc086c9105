import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import type { Log } from '@dailyfeed/http-server/log'
import { findInstallationOf } from '@dailyfeed/kafka-support/installation-header'
import { sourceOf, type TopicRecord } from '@dailyfeed/kafka-support/topic-record'
import { isExcessiveWork, isTransientFault } from '@dailyfeed/postgres-support/fault'
import {
  createFindInstallation,
  type FindInstallation,
} from '@dailyfeed/postgres-support/installation.queries'
import type { Sql } from 'postgres'
import { createDeadLetterRateLimit } from './dead-letter-rate-limit.ts'
import { DeadLetterStore } from './dead-letter-store.ts'
import {
  type DeadLetterRow,
  findDeadLetter,
  markReplayed,
  postponeDeadLetter,
} from './dead-letter.queries.ts'
import type { EventHandler } from './event-handler.ts'
import { EventHandlerRunner, type Handling, type HandlingReport } from './event-handler-runner.ts'
import {
  decode,
  type Delivery,
  EventValidation,
  InvalidEventError,
  type ValidDelivery,
} from './event-validation.ts'
import { findMissingEvents } from './missing-events.ts'
import type { ProcessedEventCache } from './processed-event-cache.ts'

interface ListenerOptions {
  sql: Sql
  schema: string
  /** Applied in this order. */
  handlers: readonly EventHandler[]
  log: Pick<Log, 'error'>
  /** The listener pauses after so many new dead letters within a minute. */
  maxDeadLettersPerMinute?: number
  /** Without it every event is looked up in the database. */
  processedEvents?: ProcessedEventCache
  /** Called with the events of a batch after all handlers have committed; not during a replay. */
  onHandled?: (events: readonly MemberActivityEvent[]) => void
}

/**
 * A delivery that takes longer ends with an error after the statement in progress, and its sender repeats it: publishers
 * wait 25 s for an answer, and a reader of Kafka without progress is replaced after 30 s.
 */
const HANDLING_MILLISECONDS = 12_000

/** `decode` is the step of dead letters that are no valid event. */
const DECODE = 'decode'

/**
 * Applies delivered events with a service's handlers: each event takes effect once, or becomes a
 * dead letter.
 */
export class Listener {
  readonly #sql: Sql
  readonly #schema: string
  readonly #handlers: readonly EventHandler[]
  readonly #validation = new EventValidation()
  readonly #deadLetters: DeadLetterStore
  readonly #runner: EventHandlerRunner
  readonly #processedEvents: ProcessedEventCache | undefined
  readonly #onHandled: (events: readonly MemberActivityEvent[]) => void
  readonly #findInstallation: FindInstallation

  constructor({
    sql,
    schema,
    handlers,
    log,
    maxDeadLettersPerMinute = 100,
    processedEvents,
    onHandled = () => {},
  }: ListenerOptions) {
    this.#sql = sql
    this.#schema = schema
    this.#handlers = handlers
    const rateLimit = createDeadLetterRateLimit({ schema, limit: maxDeadLettersPerMinute, log })
    this.#deadLetters = new DeadLetterStore({ sql, schema, rateLimit, log })
    this.#runner = new EventHandlerRunner(sql, schema, this.#deadLetters)
    this.#processedEvents = processedEvents
    this.#onHandled = onHandled
    this.#findInstallation = createFindInstallation(sql)
  }

  /**
   * Returns after each event has taken effect or was stored as a dead letter. Throws on a transient fault (database, lock,
   * network) and while too many events fail permanently: the caller then delivers the events again, and effects that were
   * committed are not repeated.
   */
  handle(events: readonly unknown[], source: string): Promise<HandlingReport> {
    return this.#handleAll(
      events.map((event) => ({ event, source })),
      false,
    )
  }

  /** Like `handle`, for records of Kafka. A replay (`isReplay`) bypasses the processed-event cache. */
  handleRecords(
    records: readonly TopicRecord[],
    { isReplay = false } = {},
  ): Promise<HandlingReport> {
    return this.#handleAll(
      records.map((record) => ({
        event: decode(record.value),
        source: sourceOf(record),
        record,
      })),
      isReplay,
    )
  }

  /** The events that some handler has neither applied nor stored as a dead letter. */
  findMissing(events: readonly MemberActivityEvent[]): Promise<MemberActivityEvent[]> {
    return findMissingEvents(this.#sql, this.#schema, this.#handlers, events)
  }

  /**
   * The number of events that `handleRecords` would apply, and of records that are no events.
   * Changes nothing.
   */
  async dryRun(records: readonly TopicRecord[]): Promise<{ missing: number; invalid: number }> {
    const events = records
      .map(({ value }) => decode(value))
      .filter((event) => this.#validation.isEvent(event))
    const missing = await this.findMissing(events)
    return { missing: missing.length, invalid: records.length - events.length }
  }

  /**
   * Runs the handler again on the stored bytes. Undefined when there is no such dead letter; NOT_OPEN when it took effect
   * or was archived before. Throws transient faults.
   */
  async replayDeadLetter(
    id: number,
  ): Promise<'REPLAYED' | 'FAILED_AGAIN' | 'NOT_OPEN' | undefined> {
    const letter = await findDeadLetter(this.#sql, this.#schema, id)
    if (letter === undefined) return undefined
    if (letter.status !== 'OPEN') return 'NOT_OPEN'
    try {
      await this.#applyDeadLetter(letter)
      await markReplayed(this.#sql, this.#schema, id)
      return 'REPLAYED'
    } catch (error) {
      if (isTransientFault(error) && !isExcessiveWork(error)) throw error
      const message = error instanceof Error ? error.message : String(error)
      await postponeDeadLetter(this.#sql, this.#schema, id, message)
      return 'FAILED_AGAIN'
    }
  }

  async #handleAll(deliveries: readonly Delivery[], isReplay: boolean): Promise<HandlingReport> {
    const report: HandlingReport = { received: deliveries.length, applied: 0, deadLettered: 0 }
    const handling: Handling = {
      report,
      endsAt: isReplay ? Number.POSITIVE_INFINITY : performance.now() + HANDLING_MILLISECONDS,
      isRepeated: !isReplay,
      postponed: undefined,
    }
    const valid = await this.#partitionValid(deliveries, report)
    const unprocessed = isReplay ? valid : await this.#withoutProcessed(valid)
    for (const handler of this.#handlers) {
      if (handling.postponed !== undefined && performance.now() >= handling.endsAt) break
      await this.#runner.applyOrDeadLetter(
        handler,
        unprocessed.filter(({ event }) => handler.handles(event)),
        handling,
      )
    }
    if (handling.postponed !== undefined) throw handling.postponed.error
    const events = unprocessed.map(({ event }) => event)
    // Only after every commit: an entry that is written earlier could turn a crash into a lost event.
    await this.#processedEvents?.add(events.map(({ eventId }) => eventId))
    if (!isReplay) this.#onHandled(events)
    return report
  }

  /** Returns the valid events and stores the others as dead letters. */
  async #partitionValid(
    deliveries: readonly Delivery[],
    report: HandlingReport,
  ): Promise<ValidDelivery[]> {
    const valid: ValidDelivery[] = []
    for (const delivery of deliveries) {
      if (this.#validation.isValid(delivery)) valid.push(delivery)
      else {
        const failure = this.#validation.lastError()
        await this.#deadLetters.deadLetter(DECODE, delivery, undefined, failure)
        report.deadLettered += 1
      }
    }
    return valid
  }

  async #withoutProcessed(deliveries: ValidDelivery[]): Promise<ValidDelivery[]> {
    if (this.#processedEvents === undefined) return deliveries
    const ids = deliveries.map(({ event }) => event.eventId)
    const processed = await this.#processedEvents.findProcessed(ids)
    return processed.size === 0
      ? deliveries
      : deliveries.filter(({ event }) => !processed.has(event.eventId))
  }

  /**
   * A dead letter of `decode` may have become valid with a newer release, and then concerns every
   * handler.
   */
  async #applyDeadLetter({ step, payload, headers }: DeadLetterRow): Promise<void> {
    await this.#refuseForeign(headers)
    const event = decode(payload)
    if (!this.#validation.isEvent(event)) throw this.#validation.lastError()
    const handlers =
      step === DECODE ? this.#handlers : this.#handlers.filter(({ name }) => name === step)
    if (handlers.length === 0)
      throw new InvalidEventError(`there is no step '${step}' any more; archive it`)
    for (const handler of handlers)
      if (handler.handles(event)) await this.#runner.apply(handler, [event])
  }

  /** A dead letter of another installation may be left from a release that did not distinguish them. */
  async #refuseForeign(headers: DeadLetterRow['headers']): Promise<void> {
    const other = findInstallationOf({ headers: Object.entries(headers ?? {}) })
    if (other === undefined) return
    const own = await this.#findInstallation()
    if (other !== own)
      throw new InvalidEventError(
        `the event is of installation ${other}, and this one is ${own}; archive it`,
      )
  }
}

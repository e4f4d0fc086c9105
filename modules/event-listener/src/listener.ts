import {
  EVENT_SCHEMA_VERSION,
  MemberActivityEvent,
} from '@dailyfeed/contract/member-activity-event'
import { sourceOf, type TopicRecord } from '@dailyfeed/kafka-support/topic-record'
import { isTransientFault } from '@dailyfeed/postgres-support/fault'
import { Ajv } from 'ajv'
import type { FastifyBaseLogger } from 'fastify'
import type { Sql } from 'postgres'
import { createDeadLetterRateLimit } from './dead-letter-rate-limit.ts'
import {
  type DeadLetterRow,
  findDeadLetter,
  findDeadLettered,
  insertDeadLetter,
  markReplayed,
  postponeDeadLetter,
} from './dead-letter.queries.ts'
import type { ProcessedEventCache } from './processed-events.ts'
import { fingerprintOf } from '@dailyfeed/dead-letter/fingerprint'
import { findInInbox, claimNewEvents } from './inbox.queries.ts'

/** One thing that a service does about events, with failures and dead letters of its own. */
export interface EventHandler {
  /** Kept in inbox and dead letters: never renamed. */
  name: string
  handles(event: MemberActivityEvent): boolean
  /**
   * Whether an inbox makes it take effect once. False only where the effect itself tells a duplicate (an upsert where
   * newer).
   */
  usesInbox: boolean
  /**
   * In one transaction with its inbox; without one in no transaction, so that a single statement costs one round trip.
   * Returns how many of the events changed something.
   */
  apply(sql: Sql, events: MemberActivityEvent[]): Promise<number>
  /** Those that have not taken effect, of a step without an inbox: its effect itself has to tell. */
  findMissing?(sql: Sql, events: MemberActivityEvent[]): Promise<MemberActivityEvent[]>
}

interface ListenerOptions {
  sql: Sql
  schema: string
  handlers: readonly EventHandler[]
  log: FastifyBaseLogger
  /** After so many new ones the listener pauses. */
  maxDeadLettersPerMinute?: number
  /** Absent: every event is looked up in the database. */
  processedEvents?: ProcessedEventCache
  onHandled?: (events: readonly MemberActivityEvent[]) => void
}

export interface ListenerReport {
  received: number
  /** Effects that are new: an event that two steps took up counts twice. */
  applied: number
  deadLettered: number
}

export interface Listener {
  /**
   * Takes effect of each event once, or keeps it as a dead letter; then, and only then, returns. Throws on a transient
   * fault (database, lock, network), and while too much fails for good: the caller delivers again, and what took effect
   * already is not repeated.
   */
  handle(events: readonly unknown[], source: string): Promise<ListenerReport>
  /** The same for records of Kafka. `isReplay` asks the database about every event, whatever the hints say. */
  handleRecords(
    records: readonly TopicRecord[],
    options?: { isReplay?: boolean },
  ): Promise<ListenerReport>
  /** Those that some step has neither taken up nor kept as a dead letter. */
  findMissing(events: readonly MemberActivityEvent[]): Promise<MemberActivityEvent[]>
  /** What `handleRecords` would do: how many events lack an effect, and how many are no events. Changes nothing. */
  dryRun(records: readonly TopicRecord[]): Promise<{ missing: number; invalid: number }>
  /** Runs the handler again on the stored bytes. Undefined where there is no such dead letter. */
  replayDeadLetter(id: number): Promise<'REPLAYED' | 'FAILED_AGAIN' | 'NOT_OPEN' | undefined>
}

/** What came, and where from: kept with a dead letter. */
interface Delivery {
  event: unknown
  source: string
  record?: TopicRecord
}

const ATTEMPTS_PER_EVENT = 3
/** The step of what is no event at all. */
const DECODE = 'decode'
/** The last text that was found to be a time: most often the three of an event are one. */
let lastTime = ''
function isTime(text: string): boolean {
  if (text === lastTime) return true
  if (Number.isNaN(Date.parse(text))) return false
  lastTime = text
  return true
}
const validate = new Ajv({
  strict: false,
  formats: { 'date-time': isTime },
}).compile<MemberActivityEvent>(MemberActivityEvent)

class InvalidEventError extends Error {
  override name = 'InvalidEventError'
}

export function createListener({
  sql,
  schema,
  handlers,
  log,
  maxDeadLettersPerMinute = 100,
  processedEvents,
  onHandled = () => {},
}: ListenerOptions): Listener {
  const brake = createDeadLetterRateLimit({ schema, limit: maxDeadLettersPerMinute, log })

  /** One step over a batch: effect and inbox commit together. */
  async function apply(step: EventHandler, events: MemberActivityEvent[]): Promise<number> {
    if (!step.usesInbox) return step.apply(sql, events)
    return (await sql.begin(async (transaction) => {
      const fresh = await claimNewEvents(transaction as unknown as Sql, schema, step.name, events)
      return fresh.length === 0 ? 0 : step.apply(transaction as unknown as Sql, fresh)
    })) as number
  }

  /** Halves a batch that fails for good until the culprits stand alone; the others take effect. */
  async function applyOrSetAside(
    step: EventHandler,
    deliveries: Valid[],
    report: ListenerReport,
  ): Promise<void> {
    const [first] = deliveries
    if (first === undefined) return
    let failure: unknown
    for (
      let attempt = 1;
      attempt <= (deliveries.length === 1 ? ATTEMPTS_PER_EVENT : 1);
      attempt += 1
    ) {
      try {
        report.applied += await apply(
          step,
          deliveries.map(({ event }) => event),
        )
        return
      } catch (error) {
        if (isTransientFault(error)) throw error
        failure = error
      }
    }
    if (deliveries.length > 1) {
      const half = Math.ceil(deliveries.length / 2)
      await applyOrSetAside(step, deliveries.slice(0, half), report)
      await applyOrSetAside(step, deliveries.slice(half), report)
      return
    }
    await setAside(step.name, first, first.event.eventId, failure, report)
  }

  async function setAside(
    step: string,
    delivery: Delivery,
    eventId: string | undefined,
    failure: unknown,
    report: ListenerReport,
  ): Promise<void> {
    brake.checkOrThrow()
    const { event, source, record } = delivery
    const { name, message, stack } = failure instanceof Error ? failure : new Error(String(failure))
    const fingerprint = fingerprintOf(schema, step, name, message)
    const isNew = await insertDeadLetter(sql, schema, {
      step,
      eventId,
      source,
      payload:
        record === undefined
          ? Buffer.from(JSON.stringify(event) ?? 'null')
          : (record.value ?? Buffer.alloc(0)),
      record,
      errorClass: name,
      message,
      stack,
      fingerprint,
    })
    if (isNew) brake.count()
    report.deadLettered += 1
    log.error(
      { schema, step, eventId, source, fingerprint, err: failure },
      'event kept as a dead letter',
    )
  }

  /** Of what was judged last. */
  function invalidEvent(): InvalidEventError {
    const detail = validate.errors
      ?.map(({ instancePath, message }) => `${instancePath} ${message}`.trim())
      .join('; ')
    return new InvalidEventError(
      `not an event of schema version ${EVENT_SCHEMA_VERSION}: ${detail}`,
    )
  }

  async function sortOut(
    deliveries: readonly Delivery[],
    report: ListenerReport,
  ): Promise<Valid[]> {
    const valid: Valid[] = []
    for (const delivery of deliveries) {
      if (validate(delivery.event)) valid.push(delivery as Valid)
      else {
        await setAside(DECODE, delivery, undefined, invalidEvent(), report)
      }
    }
    return valid
  }

  async function handleAll(
    deliveries: readonly Delivery[],
    isReplay: boolean,
  ): Promise<ListenerReport> {
    const report: ListenerReport = { received: deliveries.length, applied: 0, deadLettered: 0 }
    const valid = await sortOut(deliveries, report)
    const fresh =
      processedEvents === undefined || isReplay
        ? valid
        : await withoutHandled(processedEvents, valid)
    for (const step of handlers)
      await applyOrSetAside(
        step,
        fresh.filter(({ event }) => step.handles(event)),
        report,
      )
    const events = fresh.map(({ event }) => event)
    // Only now, when everything is committed: a hint that came first could turn a crash into a loss.
    if (processedEvents !== undefined)
      await processedEvents.remember(events.map(({ eventId }) => eventId))
    if (!isReplay) onHandled(events)
    return report
  }

  async function findMissing(
    events: readonly MemberActivityEvent[],
  ): Promise<MemberActivityEvent[]> {
    const missing = new Map<string, MemberActivityEvent>()
    for (const step of handlers) {
      const asked = events.filter((event) => step.handles(event))
      if (asked.length === 0) continue
      const untaken = step.usesInbox
        ? await findNotInInbox(sql, schema, step.name, asked)
        : ((await step.findMissing?.(sql, asked)) ?? [])
      if (untaken.length === 0) continue
      const kept = await findDeadLettered(
        sql,
        schema,
        step.name,
        untaken.map(({ eventId }) => eventId),
      )
      for (const event of untaken) if (!kept.has(event.eventId)) missing.set(event.eventId, event)
    }
    return [...missing.values()]
  }

  async function replay(letter: DeadLetterRow): Promise<'REPLAYED' | 'FAILED_AGAIN'> {
    try {
      const event = decode(letter.payload)
      if (!validate(event)) throw invalidEvent()
      const interested =
        letter.step === DECODE ? handlers : handlers.filter(({ name }) => name === letter.step)
      if (interested.length === 0)
        throw new InvalidEventError(`there is no step '${letter.step}' any more; archive it`)
      for (const one of interested) if (one.handles(event)) await apply(one, [event])
      await markReplayed(sql, schema, letter.id)
      return 'REPLAYED'
    } catch (error) {
      if (isTransientFault(error)) throw error
      await postponeDeadLetter(
        sql,
        schema,
        letter.id,
        error instanceof Error ? error.message : String(error),
      )
      return 'FAILED_AGAIN'
    }
  }

  return {
    handle: (events, source) =>
      handleAll(
        events.map((event) => ({ event, source })),
        false,
      ),

    handleRecords: (records, { isReplay = false } = {}) =>
      handleAll(
        records.map((record) => ({
          event: decode(record.value),
          source: sourceOf(record),
          record,
        })),
        isReplay,
      ),

    findMissing,

    async dryRun(records) {
      const events = records.map(({ value }) => decode(value))
      const valid = events.filter((event) => validate(event)) as MemberActivityEvent[]
      return { missing: (await findMissing(valid)).length, invalid: events.length - valid.length }
    },

    async replayDeadLetter(id) {
      const letter = await findDeadLetter(sql, schema, id)
      if (letter === undefined) return undefined
      return letter.status === 'OPEN' ? replay(letter) : 'NOT_OPEN'
    },
  }
}

type Valid = Delivery & { event: MemberActivityEvent }

/** Undefined for bytes that are no JSON: such an event is judged invalid like any other. */
function decode(value: Buffer | null): unknown {
  try {
    return value === null ? undefined : JSON.parse(value.toString())
  } catch {
    return undefined
  }
}

async function withoutHandled(hints: ProcessedEventCache, deliveries: Valid[]): Promise<Valid[]> {
  const handled = await hints.findHandled(deliveries.map(({ event }) => event.eventId))
  return handled.size === 0
    ? deliveries
    : deliveries.filter(({ event }) => !handled.has(event.eventId))
}

async function findNotInInbox(
  sql: Sql,
  schema: string,
  step: string,
  events: MemberActivityEvent[],
): Promise<MemberActivityEvent[]> {
  const taken = await findInInbox(
    sql,
    schema,
    step,
    events.map(({ eventId }) => eventId),
  )
  return events.filter(({ eventId }) => !taken.has(eventId))
}

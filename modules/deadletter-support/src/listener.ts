import { createHash } from 'node:crypto'
import { EVENT_SCHEMA_VERSION, MemberActivityEvent } from '@dailyfeed/code/member-activity-event'
import { isTransientFault } from '@dailyfeed/postgres-support/fault'
import { Ajv } from 'ajv'
import type { FastifyBaseLogger } from 'fastify'
import type { Sql } from 'postgres'
import { createDeadLetterBrake } from './dead-letter-brake.ts'
import {
  type DueDeadLetterRow,
  findDeadLetter,
  findDueDeadLetters,
  findOpenDeadLettersOf,
  insertDeadLetter,
  markReplayed,
  postponeDeadLetter,
} from './dead-letter.queries.ts'

/** One thing that a service does about events, with failures and dead letters of its own. */
export interface ListenerStep {
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
}

interface ListenerOptions {
  sql: Sql
  schema: string
  steps: readonly ListenerStep[]
  log: FastifyBaseLogger
  /** After so many new ones the listener pauses. */
  maxDeadLettersPerMinute?: number
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
  /** Runs the handler again on dead letters that are due. Returns how many took effect now. */
  restoreDeadLetters(): Promise<number>
  /** Runs the handler again on the stored bytes, due or not. Undefined where there is no such dead letter. */
  replayDeadLetter(id: number): Promise<ReplayOutcome | undefined>
  /** The same for all that failed of one cause. */
  replayDeadLettersOf(fingerprint: string): Promise<ReplayReport>
}

/** NOT_OPEN: it took effect, or was archived, before. */
export type ReplayOutcome = 'REPLAYED' | 'FAILED_AGAIN' | 'NOT_OPEN'

export interface ReplayReport {
  replayed: number
  failedAgain: number
}

const ATTEMPTS_PER_EVENT = 3
const MAX_RESTORE_ATTEMPTS = 12
const DEAD_LETTERS_PER_ROUND = 500
const validate = new Ajv({ strict: false, formats: { 'date-time': (text: string) => !Number.isNaN(Date.parse(text)) } }).compile<MemberActivityEvent>(
  MemberActivityEvent,
)

class InvalidEventError extends Error {
  override name = 'InvalidEventError'
}

export function createListener({ sql, schema, steps, log, maxDeadLettersPerMinute = 100 }: ListenerOptions): Listener {
  const brake = createDeadLetterBrake({ schema, limit: maxDeadLettersPerMinute, log })

  /** One step over a batch: effect and inbox commit together. */
  async function apply(step: ListenerStep, events: MemberActivityEvent[]): Promise<number> {
    if (!step.usesInbox) return step.apply(sql, events)
    return (await sql.begin(async (transaction) => {
      const fresh = await takeFresh(transaction as unknown as Sql, step.name, events)
      return fresh.length === 0 ? 0 : step.apply(transaction as unknown as Sql, fresh)
    })) as number
  }

  async function takeFresh(transaction: Sql, step: string, events: MemberActivityEvent[]): Promise<MemberActivityEvent[]> {
    const rows = await transaction<{ event_id: string }[]>`
      insert into ${transaction(schema)}.inbox (step, event_id)
      select ${step}, event_id from unnest(${events.map(({ eventId }) => eventId)}::uuid[]) as event_id order by event_id
      on conflict do nothing
      returning event_id`
    const taken = new Set(rows.map(({ event_id }) => event_id))
    // An id may stand twice in one batch; the first takes effect.
    return events.filter(({ eventId }) => taken.delete(eventId))
  }

  /** Halves a batch that fails for good until the culprits stand alone; the others take effect. */
  async function applyOrSetAside(step: ListenerStep, events: MemberActivityEvent[], source: string, report: ListenerReport): Promise<void> {
    if (events.length === 0) return
    let failure: unknown
    for (let attempt = 1; attempt <= (events.length === 1 ? ATTEMPTS_PER_EVENT : 1); attempt += 1) {
      try {
        report.applied += await apply(step, events)
        return
      } catch (error) {
        if (isTransientFault(error)) throw error
        failure = error
      }
    }
    if (events.length > 1) {
      const half = Math.ceil(events.length / 2)
      await applyOrSetAside(step, events.slice(0, half), source, report)
      await applyOrSetAside(step, events.slice(half), source, report)
      return
    }
    await setAside(step.name, events[0], events[0]?.eventId, source, failure, report)
  }

  async function setAside(step: string, event: unknown, eventId: string | undefined, source: string, failure: unknown, report: ListenerReport): Promise<void> {
    brake.checkOrThrow()
    const { name, message, stack } = failure instanceof Error ? failure : new Error(String(failure))
    const fingerprint = createHash('sha256')
      .update(`${schema} ${step} ${name} ${message.replaceAll(/\d+/g, '#')}`)
      .digest('hex')
      .slice(0, 16)
    const isNew = await insertDeadLetter(sql, schema, {
      step,
      eventId,
      source,
      payload: Buffer.from(JSON.stringify(event) ?? 'null'),
      errorClass: name,
      message,
      stack,
      fingerprint,
    })
    if (isNew) brake.count()
    report.deadLettered += 1
    log.error({ schema, step, eventId, source, fingerprint, err: failure }, 'event kept as a dead letter')
  }

  async function sortOut(events: readonly unknown[], source: string, report: ListenerReport): Promise<MemberActivityEvent[]> {
    const valid: MemberActivityEvent[] = []
    for (const event of events) {
      if (validate(event)) valid.push(event)
      else {
        const detail = validate.errors?.map(({ instancePath, message }) => `${instancePath} ${message}`).join('; ')
        await setAside('decode', event, undefined, source, new InvalidEventError(`not an event of schema version ${EVENT_SCHEMA_VERSION}: ${detail}`), report)
      }
    }
    return valid
  }

  async function replay(letter: DueDeadLetterRow): Promise<'REPLAYED' | 'FAILED_AGAIN'> {
    try {
      const event: unknown = JSON.parse(letter.payload.toString())
      if (!validate(event)) throw new InvalidEventError('still not a valid event')
      const step = steps.find(({ name }) => name === letter.step)
      const interested = step === undefined ? steps.filter((one) => one.handles(event)) : [step]
      for (const one of interested) await apply(one, [event])
      await markReplayed(sql, schema, letter.id)
      return 'REPLAYED'
    } catch (error) {
      if (isTransientFault(error)) throw error
      await postponeDeadLetter(sql, schema, letter.id, error instanceof Error ? error.message : String(error))
      return 'FAILED_AGAIN'
    }
  }

  async function replayEach(letters: readonly DueDeadLetterRow[]): Promise<ReplayReport> {
    const report: ReplayReport = { replayed: 0, failedAgain: 0 }
    for (const letter of letters) report[(await replay(letter)) === 'REPLAYED' ? 'replayed' : 'failedAgain'] += 1
    return report
  }

  return {
    async handle(events, source) {
      const report: ListenerReport = { received: events.length, applied: 0, deadLettered: 0 }
      const valid = await sortOut(events, source, report)
      for (const step of steps)
        await applyOrSetAside(
          step,
          valid.filter((event) => step.handles(event)),
          source,
          report,
        )
      return report
    },

    async restoreDeadLetters() {
      return (await replayEach(await findDueDeadLetters(sql, schema, MAX_RESTORE_ATTEMPTS, DEAD_LETTERS_PER_ROUND))).replayed
    },

    async replayDeadLetter(id) {
      const letter = await findDeadLetter(sql, schema, id)
      if (letter === undefined) return undefined
      return letter.status === 'OPEN' ? replay(letter) : 'NOT_OPEN'
    },

    async replayDeadLettersOf(fingerprint) {
      return replayEach(await findOpenDeadLettersOf(sql, schema, fingerprint, DEAD_LETTERS_PER_ROUND))
    },
  }
}

import { randomUUID } from 'node:crypto'
import { withDeadline } from '@dailyfeed/kafka-support/deadline'
import type { FastifyBaseLogger } from 'fastify'
import type { Sql } from 'postgres'
import { DeliveryRefusedError, type Destination, DestinationAwayError } from './delivery.ts'
import { createPause } from './pause.ts'
import {
  deletePending,
  findPending,
  markDead,
  type PendingEvent,
  recordAttempt,
  releaseLease,
  takeLease,
  rotateOutboxPartitions,
} from './pending.queries.ts'

interface RelayOptions {
  /** Of the publishing service. */
  sql: Sql
  schema: string
  destinations: Record<string, Destination>
  log: FastifyBaseLogger
  /** Told of each batch that a destination took. */
  onDelivered?: (destination: string, events: number) => void
  /** For one step, whatever it waits for. */
  stepMilliseconds?: number
}

export interface Relay {
  /** There is something new: do not wait for the next look. */
  wake(): void
  stop(): Promise<void>
}

const BATCH = 500
/** Rows read at once: while they are sent, the next are read in less time. */
const READ = 8 * BATCH
/** Sent to a destination that was away: whether it is back does not take thousands, read and noted every two seconds. */
const PROBED = 50
/**
 * So many reads follow each other by their ids; then the oldest rows are looked for again. What came with a lower id
 * meanwhile is no older version of what was sent: versions of one thing wait for each other's commits.
 */
const MAX_READS_AHEAD = 5
/** Where there is no backlog, what is written meanwhile goes together: at 500 writes a second a third of all work was asking. */
const GATHER_MILLISECONDS = 5
/** How often the table is looked at when nobody calls: for what another instance wrote. */
const POLL_MILLISECONDS = 250
const FIRST_RETRY_MILLISECONDS = 100
/** resilience.md: the relay probes a destination that is away every 2 s. */
const LAST_RETRY_MILLISECONDS = 2_000
/** After a crash another relay takes over when the lease ends; renewed three times in its life. */
const LEASE_SECONDS = 3
const RENEW_MILLISECONDS = 1_000
/**
 * For one step of the relay. All that it asks has an end of its own before (a statement 15 s, a send or a call 15 s); what
 * has none then, never comes, and would hold up its destination until somebody starts the process anew.
 */
const STEP_MILLISECONDS = 30_000
const TURN_DAYS_EVERY_MILLISECONDS = 3_600_000
/** A day more than topics are kept, so that what was sent late can still be asked for. */
const OUTBOX_DAYS_KEPT = 8

/**
 * Delivers what the outbox holds, to each destination on its own and in order. One relay per schema is active at a time
 * (a lease); the others wait to take over. At least once: a crash after delivery delivers again, and the listeners take
 * effect once.
 */
export function startRelay({
  sql,
  schema,
  destinations,
  log,
  onDelivered = () => {},
  stepMilliseconds = STEP_MILLISECONDS,
}: RelayOptions): Relay {
  const holder = randomUUID()
  const pause = createPause()
  let stopping = false
  /** Of this process's monotonic clock. */
  let leaseEndsAt = 0
  /** What the database's clock is ahead of this process's monotonic clock: a clock that jumps here moves nothing. */
  let databaseAhead = 0
  const databaseNow = () => databaseAhead + performance.now()
  const isActive = () => !stopping && performance.now() < leaseEndsAt

  const inTime = <Value>(what: string, step: Promise<Value>): Promise<Value> =>
    withDeadline(
      step,
      stepMilliseconds,
      () => new Error(`${what} came to no end within ${stepMilliseconds / 1_000} s`),
    )
  const readPending = (name: string, afterId: number, limit = READ) =>
    inTime('reading', findPending(sql, schema, name, afterId, limit))

  async function renewLease(): Promise<boolean> {
    const askedAt = performance.now()
    const now = await inTime('taking the lease', takeLease(sql, schema, holder, LEASE_SECONDS))
    if (now === undefined) return false
    databaseAhead = now - askedAt
    // Counted from before the question: never longer than the database thinks.
    leaseEndsAt = askedAt + LEASE_SECONDS * 1_000
    return true
  }

  async function keepLease(): Promise<void> {
    let turnedAt = Number.NEGATIVE_INFINITY
    while (isActive()) {
      if (performance.now() - turnedAt > TURN_DAYS_EVERY_MILLISECONDS) {
        await inTime('turning days', rotateOutboxPartitions(sql, schema, OUTBOX_DAYS_KEPT))
        turnedAt = performance.now()
      }
      await pause.untilStopped(RENEW_MILLISECONDS)
      if (isActive()) await renewLease()
    }
  }

  async function deliverTo(name: string, destination: Destination): Promise<void> {
    let failures = 0
    let ahead: Promise<PendingEvent[]> | undefined
    let readsAhead = 0

    /** One batch after the other. The rows of one go while the next is sent. Throws DestinationAwayError. */
    async function deliverLane(lane: PendingEvent[]): Promise<void> {
      let deleting: Promise<void> = Promise.resolve()
      try {
        for (let from = 0; from < lane.length && isActive(); from += BATCH) {
          const batch = lane.slice(from, from + BATCH)
          const ids = batch.map(({ id }) => id)
          await deliverParts(name, destination, batch).catch(async (error) => {
            if (error instanceof DestinationAwayError)
              await inTime('noting an attempt', recordAttempt(sql, schema, ids, error.message))
            throw error
          })
          await deleting
          deleting = inTime('deleting', deletePending(sql, schema, ids))
          // What fails here ends the term at the next batch; until then nobody else hears of it.
          deleting.catch(() => {})
        }
      } finally {
        // Else what has just been delivered could be read again.
        await deleting
      }
    }

    while (isActive()) {
      const calls = pause.calls()
      const read = await (ahead ?? readPending(name, 0, failures === 0 ? READ : PROBED))
      ahead = undefined
      if (read.length === 0) {
        await pause.untilWoken(POLL_MILLISECONDS, calls)
        continue
      }
      if (read.length === READ && readsAhead < MAX_READS_AHEAD) {
        // The next are read while these are sent. They are used only after these have arrived, so that order is kept.
        ahead = readPending(name, read.at(-1)?.id ?? 0)
        ahead.catch(() => {})
      }
      readsAhead = ahead === undefined ? 0 : readsAhead + 1
      const lanes = await Promise.allSettled(lanesOf(read, destination.lanes).map(deliverLane))
      const faults = lanes.flatMap((lane) =>
        lane.status === 'rejected' ? [lane.reason as unknown] : [],
      )
      const fault = faults.find((one) => !(one instanceof DestinationAwayError)) ?? faults[0]
      if (fault === undefined) {
        if (failures > 0) log.info({ schema, destination: name }, 'delivery goes on')
        failures = 0
        if (read.length < READ) await pause.untilStopped(GATHER_MILLISECONDS)
        continue
      }
      if (!(fault instanceof DestinationAwayError)) throw fault
      ahead = undefined
      failures += 1
      if (failures === 1)
        log.warn({ schema, destination: name, err: fault }, 'destination is away; its events wait')
      await pause.untilStopped(retryDelayOf(failures))
    }
  }

  /** A batch that is refused is halved until what is refused stands alone and is DEAD, so that it holds up no other. */
  async function deliverParts(
    name: string,
    destination: Destination,
    batch: PendingEvent[],
  ): Promise<void> {
    try {
      const sending = destination.deliver(
        batch.map((event) => event.read()),
        databaseNow(),
      )
      await withDeadline(
        sending,
        stepMilliseconds,
        () =>
          new DestinationAwayError(`no end of the delivery within ${stepMilliseconds / 1_000} s`),
      )
      onDelivered(name, batch.length)
    } catch (error) {
      const [only] = batch
      if (!(error instanceof DeliveryRefusedError) || only === undefined) throw error
      if (batch.length === 1) {
        await inTime('setting an event aside', markDead(sql, schema, only.id, error.message))
        log.error(
          { schema, destination: name, pendingId: only.id, err: error },
          'event refused for good',
        )
        return
      }
      const half = Math.ceil(batch.length / 2)
      for (const part of [batch.slice(0, half), batch.slice(half)]) {
        await deliverParts(name, destination, part)
      }
    }
  }

  /** As long as the lease is held. One fault ends the term for all destinations: none goes on into the next one. */
  async function serveTerm(): Promise<void> {
    const loops = [
      keepLease(),
      ...Object.entries(destinations).map(([name, destination]) => deliverTo(name, destination)),
    ]
    try {
      await Promise.all(loops)
    } finally {
      leaseEndsAt = 0
      pause.wake()
      await Promise.allSettled(loops)
    }
  }

  async function run(): Promise<void> {
    while (!stopping) {
      try {
        if (await renewLease()) await serveTerm()
        else await pause.untilStopped(RENEW_MILLISECONDS)
      } catch (error) {
        log.warn({ schema, err: error }, 'relay interrupted; it starts again')
        await pause.untilStopped(500)
      }
    }
    await releaseLease(sql, schema, holder).catch((error) =>
      log.warn({ schema, err: error }, 'relay lease not released; it expires by itself'),
    )
  }

  const running = run()
  return {
    wake: pause.wake,
    async stop() {
      stopping = true
      pause.stop()
      await running
    },
  }
}

/** Events of one key are in one lane, in their order. */
function lanesOf(events: PendingEvent[], count: number): PendingEvent[][] {
  if (count === 1) return [events]
  const lanes: PendingEvent[][] = Array.from({ length: count }, () => [])
  for (const event of events) {
    // Keys end in a digit of an id.
    const { partitionKey } = event.read()
    lanes[partitionKey.charCodeAt(partitionKey.length - 1) % count]?.push(event)
  }
  return lanes
}

/** Twice as long each time up to the probe interval, with jitter so that instances do not fall into step. */
function retryDelayOf(failures: number): number {
  const longest = Math.min(LAST_RETRY_MILLISECONDS, FIRST_RETRY_MILLISECONDS * 2 ** failures)
  return longest * (0.5 + Math.random() / 2)
}

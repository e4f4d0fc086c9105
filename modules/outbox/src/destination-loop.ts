import { backoff } from '@dailyfeed/concurrency/backoff'
import { BatchSize } from '@dailyfeed/concurrency/batch-size'
import type { WakeableSleep } from '@dailyfeed/concurrency/wakeable-sleep'
import { isExcessiveWork } from '@dailyfeed/postgres-support/fault'
import { DestinationAwayError } from './destination.ts'
import { FailingHead } from './failing-head.ts'
import { BATCH, LaneDelivery, type LaneDeliveryOptions } from './lane-delivery.ts'
import { findPending, type PendingEvent } from './pending.queries.ts'
import { stepDeadline } from './step-deadline.ts'

/** Rows per read, as a multiple of a batch: sending them takes longer than reading the next ones. */
const BATCHES_PER_READ = 8
/** A read of 4,000 rows has about 1.3 MB. At most two reads are in memory per destination. */
const READ_BYTES = 4 * 1_048_576
/**
 * Rows of the first probe of an unavailable destination: enough to learn whether it is back, without reading
 * thousands each time. Each further probe has half as many, down to a single one.
 */
const PROBE = 50
/**
 * Reads by ascending id this many times, then restarts at the oldest pending row. A row that appeared with a lower id
 * meanwhile is no older version of one that was sent: versions of one content wait for each other's commits.
 */
const MAX_READS_AHEAD = 5
/**
 * Pause without a backlog, so that writes of this time share a batch: at 500 writes a second, reads
 * were a third of all work.
 */
const GATHER_MILLISECONDS = 5
/** Retry delays: from 200 ms up to a probe every 2 s. */
const RETRY = { first: 200, max: 2_000 }

interface DestinationLoopOptions extends Omit<LaneDeliveryOptions, 'batchSize'> {
  sleep: WakeableSleep
  /** Interval of reads when no write wakes the loop. */
  pollMilliseconds: number
}

/** Delivers pending events to one destination, in order, while the relay is active. */
export class DestinationLoop {
  readonly #options: DestinationLoopOptions
  readonly #delivery: LaneDelivery
  readonly #inTime
  /** Events per batch. */
  readonly #batchSize = new BatchSize({ max: BATCH, afterFailure: PROBE })
  /** Rows per read, while the database is slow. */
  readonly #readSize = new BatchSize({ max: BATCHES_PER_READ * BATCH })
  readonly #head = new FailingHead()
  /** Consecutive failures. */
  #failures = 0
  /** The next rows, read while the current ones are sent. */
  #ahead: Promise<Read> | undefined
  #readsAhead = 0

  constructor(options: DestinationLoopOptions) {
    this.#options = options
    this.#delivery = new LaneDelivery({ ...options, batchSize: this.#batchSize })
    this.#inTime = stepDeadline(options.stepMilliseconds)
  }

  /** Throws what is not the destination's fault, such as a lost database connection. */
  async run(): Promise<void> {
    const { isActive, sleep, pollMilliseconds } = this.#options
    while (isActive()) {
      const { wakeups } = sleep
      const { rows, isFull } = await this.#readNext()
      if (rows.length === 0) {
        await sleep.untilWoken(pollMilliseconds, wakeups)
        continue
      }
      this.#startReadingAhead(rows, isFull)
      const next = await this.#tryNextBefore(rows)
      const fault = next instanceof DestinationAwayError ? next : await this.#deliver(rows)
      if (fault === undefined) await this.#onDelivered(isFull)
      else await this.#onUnavailable(fault, rows, next === 'ACCEPTED')
    }
  }

  #readNext(): Promise<Read> {
    const next = this.#ahead ?? this.#read(0, this.#wanted())
    this.#ahead = undefined
    return next
  }

  /** Rows of the next read: a single batch as a probe, and one event after it failed alone. */
  #wanted(): number {
    if (this.#head.hasSuspect) return 1
    return this.#batchSize.current * (this.#failures === 0 ? BATCHES_PER_READ : 1)
  }

  /** Reads fewer rows after a statement that exceeded its time limit. */
  async #read(afterId: number, wanted: number): Promise<Read> {
    const { sql, schema, name } = this.#options
    for (;;) {
      const items = Math.min(wanted, this.#readSize.current)
      const query = { destination: name, afterId, items, bytes: READ_BYTES }
      const startedAt = performance.now()
      try {
        const rows = await this.#inTime('reading pending rows', findPending(sql, schema, query))
        this.#readSize.succeeded(items, performance.now() - startedAt)
        return { rows, isFull: rows.length === items || bytesOf(rows) >= READ_BYTES }
      } catch (error) {
        if (!isExcessiveWork(error) || items === 1) throw error
        this.#readSize.failed(items)
      }
    }
  }

  /** The rows read ahead are used only after the current ones were delivered, so that order is kept. */
  #startReadingAhead(rows: readonly PendingEvent[], isFull: boolean): void {
    const last = rows.at(-1)
    if (
      last === undefined ||
      !isFull ||
      this.#failures > 0 ||
      this.#readsAhead >= MAX_READS_AHEAD
    ) {
      this.#readsAhead = 0
      return
    }
    this.#ahead = this.#read(last.id, this.#wanted())
    // A failure is thrown when the rows are awaited; until then it must not count as unhandled.
    this.#ahead.catch(() => {})
    this.#readsAhead += 1
  }

  /** The reason why the destination is unavailable; undefined after success. Throws every other error. */
  async #deliver(rows: PendingEvent[]): Promise<DestinationAwayError | undefined> {
    const lanes = lanesOf(rows, this.#options.destination.lanes)
    const outcomes = await Promise.allSettled(lanes.map((lane) => this.#delivery.deliver(lane)))
    const faults = outcomes.flatMap((outcome): unknown[] =>
      outcome.status === 'rejected' ? [outcome.reason] : [],
    )
    for (const fault of faults) if (!(fault instanceof DestinationAwayError)) throw fault
    return faults.find((fault) => fault instanceof DestinationAwayError)
  }

  async #onDelivered(isFull: boolean): Promise<void> {
    const { schema, name, log, sleep } = this.#options
    if (this.#failures > 0)
      log.info({ schema, destination: name }, 'destination available again; delivery continues')
    this.#failures = 0
    this.#head.clear()
    if (!isFull) await sleep.untilStopped(GATHER_MILLISECONDS)
  }

  async #onUnavailable(
    err: DestinationAwayError,
    rows: readonly PendingEvent[],
    wasNextAccepted: boolean,
  ): Promise<void> {
    const { schema, name, log, sleep } = this.#options
    this.#ahead = undefined
    this.#failures += 1
    if (this.#failures === 1)
      log.warn(
        { schema, destination: name, err },
        'destination unavailable; its events stay pending and are retried at least every 2 s',
      )
    const [first] = rows
    if (
      rows.length === 1 &&
      first !== undefined &&
      this.#head.failedAlone(first.id, wasNextAccepted)
    ) {
      await this.#delivery.markDead(first, err)
      this.#head.clear()
    }
    await sleep.untilStopped(backoff(this.#failures, RETRY))
  }

  /**
   * Before an event that failed alone, sends the one behind it: if only the former fails, it is to blame. Returns why the
   * destination did not accept it.
   */
  async #tryNextBefore(
    rows: readonly PendingEvent[],
  ): Promise<'ACCEPTED' | 'NOTHING_TO_TRY' | DestinationAwayError> {
    const [first] = rows
    if (rows.length !== 1 || first === undefined || !this.#head.isSuspected(first.id))
      return 'NOTHING_TO_TRY'
    const { rows: next } = await this.#read(first.id, 1)
    if (next.length === 0) return 'NOTHING_TO_TRY'
    return (await this.#deliver(next)) ?? 'ACCEPTED'
  }
}

interface Read {
  rows: PendingEvent[]
  /** Whether more rows are likely to be pending. */
  isFull: boolean
}

const bytesOf = (rows: readonly PendingEvent[]): number =>
  rows.reduce((sum, { size }) => sum + size, 0)

/** Splits events over the lanes, all events of one key into one lane, in their order. */
function lanesOf(events: PendingEvent[], count: number): PendingEvent[][] {
  if (count === 1) return [events]
  const lanes: PendingEvent[][] = Array.from({ length: count }, () => [])
  for (const event of events) {
    // The last character of a key is the last digit of an id.
    const { partitionKey } = event.read()
    lanes[partitionKey.charCodeAt(partitionKey.length - 1) % count]?.push(event)
  }
  return lanes
}

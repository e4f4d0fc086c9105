import { backoff } from '@dailyfeed/concurrency/backoff'
import type { WakeableSleep } from '@dailyfeed/concurrency/wakeable-sleep'
import { DestinationAwayError } from './destination.ts'
import { BATCH, LaneDelivery, type LaneDeliveryOptions } from './lane-delivery.ts'
import { findPending, type PendingEvent } from './pending.queries.ts'
import { stepDeadline } from './step-deadline.ts'

/** Rows per read: sending them takes longer than reading the next ones. */
const READ = 8 * BATCH
/**
 * Rows per probe of an unavailable destination: enough to learn whether it is back, without reading
 * thousands each time.
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

interface DestinationLoopOptions extends LaneDeliveryOptions {
  sleep: WakeableSleep
  /** Interval of reads when no write wakes the loop. */
  pollMilliseconds: number
}

/** Delivers pending events to one destination, in order, while the relay is active. */
export class DestinationLoop {
  readonly #options: DestinationLoopOptions
  readonly #delivery: LaneDelivery
  readonly #inTime
  /** Consecutive failures. */
  #failures = 0
  /** The next rows, read while the current ones are sent. */
  #ahead: Promise<PendingEvent[]> | undefined
  #readsAhead = 0

  constructor(options: DestinationLoopOptions) {
    this.#options = options
    this.#delivery = new LaneDelivery(options)
    this.#inTime = stepDeadline(options.stepMilliseconds)
  }

  /** Throws what is not the destination's fault, such as a lost database connection. */
  async run(): Promise<void> {
    const { isActive, sleep, pollMilliseconds } = this.#options
    while (isActive()) {
      const { wakeups } = sleep
      const rows = await this.#readNext()
      if (rows.length === 0) {
        await sleep.untilWoken(pollMilliseconds, wakeups)
        continue
      }
      this.#startReadingAhead(rows)
      const fault = await this.#deliver(rows)
      if (fault === undefined) await this.#onDelivered(rows.length)
      else await this.#onUnavailable(fault)
    }
  }

  #readNext(): Promise<PendingEvent[]> {
    const next = this.#ahead ?? this.#read(0, this.#failures === 0 ? READ : PROBE)
    this.#ahead = undefined
    return next
  }

  #read(afterId: number, limit: number): Promise<PendingEvent[]> {
    const { sql, schema, name } = this.#options
    return this.#inTime('reading pending rows', findPending(sql, schema, name, afterId, limit))
  }

  /** The rows read ahead are used only after the current ones were delivered, so that order is kept. */
  #startReadingAhead(rows: readonly PendingEvent[]): void {
    const last = rows.at(-1)
    if (last === undefined || rows.length < READ || this.#readsAhead >= MAX_READS_AHEAD) {
      this.#readsAhead = 0
      return
    }
    this.#ahead = this.#read(last.id, READ)
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

  async #onDelivered(rows: number): Promise<void> {
    const { schema, name, log, sleep } = this.#options
    if (this.#failures > 0)
      log.info({ schema, destination: name }, 'destination available again; delivery continues')
    this.#failures = 0
    if (rows < READ) await sleep.untilStopped(GATHER_MILLISECONDS)
  }

  async #onUnavailable(err: DestinationAwayError): Promise<void> {
    const { schema, name, log, sleep } = this.#options
    this.#ahead = undefined
    this.#failures += 1
    if (this.#failures === 1)
      log.warn(
        { schema, destination: name, err },
        'destination unavailable; its events stay pending and are retried at least every 2 s',
      )
    await sleep.untilStopped(backoff(this.#failures, RETRY))
  }
}

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

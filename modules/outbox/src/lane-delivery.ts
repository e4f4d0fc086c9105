import type { BatchSize } from '@dailyfeed/concurrency/batch-size'
import { batchFrom } from '@dailyfeed/concurrency/bounded-batch'
import { withDeadline } from '@dailyfeed/concurrency/deadline'
import { workInParts } from '@dailyfeed/concurrency/work-in-parts'
import { isExcessiveWork } from '@dailyfeed/postgres-support/fault'
import type { FastifyBaseLogger } from 'fastify'
import type { Sql } from 'postgres'
import { DeliveryRefusedError, type Destination, DestinationAwayError } from './destination.ts'
import { deletePending, markDead, type PendingEvent, recordAttempt } from './pending.queries.ts'
import { stepDeadline } from './step-deadline.ts'

export const BATCH = 500
/** 500 events have about 250 kB; a subscriber and a broker accept 1 MB. */
const BATCH_BYTES = 512 * 1_024
/** The JSON of an event is longer than the text of its row by its field names. */
const JSON_BYTES = 200

export interface LaneDeliveryOptions {
  sql: Sql
  schema: string
  /** The destination's name. */
  name: string
  destination: Destination
  log: FastifyBaseLogger
  /** False: no further batch is sent. */
  isActive: () => boolean
  /** The database's clock, in milliseconds since 1970. */
  databaseNow: () => number
  /** Called with the size of each batch that the destination accepted. */
  onDelivered: (destination: string, events: number) => void
  stepMilliseconds: number
  /** Events per batch; every batch adapts it. */
  batchSize: BatchSize
}

const sizeOf = ({ size }: PendingEvent): number => size + JSON_BYTES

/** Sends a lane's events in batches, and deletes the rows of a batch while the next one is sent. */
export class LaneDelivery {
  readonly #options: LaneDeliveryOptions
  readonly #inTime

  constructor(options: LaneDeliveryOptions) {
    this.#options = options
    this.#inTime = stepDeadline(options.stepMilliseconds)
  }

  /** Throws DestinationAwayError after the attempt was recorded; other errors as they come. */
  async deliver(lane: readonly PendingEvent[]): Promise<void> {
    const { isActive, batchSize } = this.#options
    let deleting: Promise<void> = Promise.resolve()
    try {
      for (let from = 0; from < lane.length && isActive(); ) {
        const bounds = { items: batchSize.current, bytes: BATCH_BYTES }
        const batch = batchFrom(lane, from, sizeOf, bounds)
        from += batch.length
        const ids = batch.map(({ id }) => id)
        await this.#deliverBatch(batch, ids)
        await deleting
        deleting = this.#inTime('deleting delivered rows', this.#deletePending(ids))
        // A failure is thrown when the next batch awaits it; until then it must not count as unhandled.
        deleting.catch(() => {})
      }
    } finally {
      // Otherwise the next read could find rows that have just been delivered.
      await deleting
    }
  }

  async #deliverBatch(batch: readonly PendingEvent[], ids: readonly number[]): Promise<void> {
    const { sql, schema, batchSize } = this.#options
    const startedAt = performance.now()
    try {
      await this.#deliverParts(batch)
      batchSize.succeeded(batch.length, performance.now() - startedAt)
    } catch (error) {
      if (error instanceof DestinationAwayError) {
        batchSize.failed(batch.length)
        await this.#inTime('recording an attempt', recordAttempt(sql, schema, ids, error.message))
      }
      throw error
    }
  }

  #deletePending(ids: readonly number[]): Promise<void> {
    const { sql, schema } = this.#options
    return workInParts(ids, (part) => deletePending(sql, schema, part), {
      isDivisible: isExcessiveWork,
    })
  }

  /**
   * Halves a refused batch until each refused event stands alone and is marked DEAD; the others are
   * delivered.
   */
  async #deliverParts(batch: readonly PendingEvent[]): Promise<void> {
    try {
      await this.#send(batch)
    } catch (error) {
      const [first] = batch
      if (!(error instanceof DeliveryRefusedError) || first === undefined) throw error
      if (batch.length === 1) return this.markDead(first, error)
      const half = Math.ceil(batch.length / 2)
      for (const part of [batch.slice(0, half), batch.slice(half)]) await this.#deliverParts(part)
    }
  }

  async #send(batch: readonly PendingEvent[]): Promise<void> {
    const { name, destination, databaseNow, onDelivered, stepMilliseconds } = this.#options
    const sending = destination.deliver(
      batch.map((event) => event.read()),
      databaseNow(),
    )
    await withDeadline(
      sending,
      stepMilliseconds,
      () =>
        new DestinationAwayError(`delivery did not complete within ${stepMilliseconds / 1_000} s`),
    )
    onDelivered(name, batch.length)
  }

  /** Keeps an event that the destination refuses, or cannot process, as a publisher dead letter. */
  async markDead({ id }: PendingEvent, error: Error): Promise<void> {
    const { sql, schema, name, log } = this.#options
    await this.#inTime('marking an event as DEAD', markDead(sql, schema, id, error.message))
    log.error(
      { schema, destination: name, pendingId: id, err: error },
      'event refused permanently; it is kept as a publisher dead letter',
    )
  }
}

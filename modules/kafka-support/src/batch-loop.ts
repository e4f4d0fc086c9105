import { backoff } from '@dailyfeed/concurrency/backoff'
import { BatchSize } from '@dailyfeed/concurrency/batch-size'
import { WakeableSleep } from '@dailyfeed/concurrency/wakeable-sleep'
import type { FastifyBaseLogger } from 'fastify'
import { createPartitionQueues } from './partition-queues.ts'
import { waitAtMost } from './wait-at-most.ts'
import type { ReceivedRecord } from './topic-record.ts'

/** Maximum number of records in a batch. */
export const BATCH = 500
/** A batch of 500 events has about 250 kB. */
const BATCH_BYTES = 1_048_576
/** While one batch waits for PostgreSQL, another one of other partitions is decoded. */
const BATCHES_IN_FLIGHT = 2
/** How long a few records wait for others to fill their batch. */
const GATHER_MILLISECONDS = 5
/** Reading pauses at this many queued records, one fetch more at most, and resumes at half of it. */
const MAX_QUEUED = 4 * BATCH
const MAX_QUEUED_BYTES = 4 * BATCH_BYTES
/** The objects of a record, beside its key and value. */
const OVERHEAD_BYTES = 300
const RETRY_DELAY = { first: 100, max: 5_000 }
/** A batch takes tens of milliseconds; one that waits for a lock, some seconds. */
const FINISH_MILLISECONDS = 10_000

interface BatchLoopOptions {
  /** Where the records come from: paused while too many wait or a batch is retried. */
  source: { pause(): void; resume(): void; isPaused(): boolean }
  /** Applies a batch durably, or throws; then its parts are tried, and a single record until it succeeds. */
  handle: (batch: readonly ReceivedRecord[]) => Promise<void>
  onHandled: (batch: readonly ReceivedRecord[]) => void
  log: Pick<FastifyBaseLogger, 'warn'>
  /** Fields of its log lines. */
  fields: object
}

const sizeOf = ({ key, value }: ReceivedRecord): number =>
  OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0)

/** Gathers records into batches and handles up to two batches at a time, each until it succeeds. */
export class BatchLoop {
  readonly #options: BatchLoopOptions
  readonly #queues = createPartitionQueues<ReceivedRecord>(sizeOf)
  /** Batches that fail or take long are followed by smaller ones. */
  readonly #batchSize = new BatchSize({ max: BATCH })
  readonly #inFlight = new Set<Promise<void>>()
  readonly #sleeps = new WakeableSleep()
  #retrying = 0
  #isStopped = false
  #gathering: NodeJS.Timeout | undefined

  constructor(options: BatchLoopOptions) {
    this.#options = options
  }

  /** Whether a batch failed and is being retried: the loop continues by itself. */
  get isRetrying(): boolean {
    return this.#retrying > 0
  }

  add(record: ReceivedRecord): void {
    this.#queues.push(record)
    if (this.#queues.size >= MAX_QUEUED || this.#queues.bytes >= MAX_QUEUED_BYTES)
      this.#options.source.pause()
    // A full batch starts in this turn of the event loop; fewer records wait for others.
    if (this.#queues.size === BATCH) setImmediate(this.#startGathered)
    this.#gathering ??= setTimeout(this.#startGathered, GATHER_MILLISECONDS)
  }

  /** Starts no batch any more, and waits for those in flight, but not for one that hangs. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#sleeps.stop()
    clearTimeout(this.#gathering)
    this.#options.source.pause()
    await waitAtMost(Promise.all(this.#inFlight), FINISH_MILLISECONDS)
  }

  readonly #startGathered = (): void => {
    clearTimeout(this.#gathering)
    this.#gathering = undefined
    this.#startBatches()
  }

  #startBatches(): void {
    if (this.#isStopped) return
    while (this.#inFlight.size < BATCHES_IN_FLIGHT) {
      const batch = this.#queues.take({ items: this.#batchSize.current, bytes: BATCH_BYTES })
      if (batch === undefined) break
      const work: Promise<void> = this.#handleUntilDone(batch).then(() => {
        this.#inFlight.delete(work)
        this.#startBatches()
      })
      this.#inFlight.add(work)
    }
    const { source } = this.#options
    const hasRoom = this.#queues.size < MAX_QUEUED / 2 && this.#queues.bytes < MAX_QUEUED_BYTES / 2
    if (hasRoom && this.#retrying === 0 && source.isPaused()) source.resume()
  }

  async #handleUntilDone(batch: readonly ReceivedRecord[]): Promise<void> {
    const { source, onHandled } = this.#options
    let failures = 0
    for (let from = 0; from < batch.length && !this.#isStopped; ) {
      const part = batch.slice(from, from + this.#batchSize.current)
      const error = await this.#tryHandle(part)
      if (error === undefined) {
        if (failures > 0) this.#retrying -= 1
        failures = 0
        from += part.length
        onHandled(part)
        continue
      }
      failures += 1
      if (failures === 1) this.#reportRetry(error.cause)
      source.pause()
      await this.#sleeps.untilStopped(backoff(failures, RETRY_DELAY))
    }
    if (!this.#isStopped) this.#queues.release(batch)
  }

  /** The failure of a part, or undefined. */
  async #tryHandle(part: readonly ReceivedRecord[]): Promise<{ cause: unknown } | undefined> {
    const startedAt = performance.now()
    try {
      await this.#options.handle(part)
      this.#batchSize.succeeded(part.length, performance.now() - startedAt)
      return undefined
    } catch (cause) {
      this.#batchSize.failed(part.length)
      return { cause }
    }
  }

  #reportRetry(error: unknown): void {
    this.#retrying += 1
    const { log, fields } = this.#options
    log.warn({ ...fields, err: error }, 'batch failed; it is retried, and reading pauses')
  }
}

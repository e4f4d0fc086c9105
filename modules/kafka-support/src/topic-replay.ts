import { randomUUID } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import { BrokerAwayError } from './broker-fault.ts'
import type { KafkaConnection } from './kafka-settings.ts'
import { ReplayProgress } from './replay-progress.ts'
import type { TopicAdmin } from './topic-admin.ts'
import { type HandleBatch, readTopic, type TopicReader } from './topic-reader.ts'
import type { TopicRecord } from './topic-record.ts'

interface TopicReplayOptions {
  connection: KafkaConnection
  admin: TopicAdmin
  clientId: string
  topic: string
  handle: HandleBatch
  /** Receives the number of handled records, and of all records that existed at the beginning. */
  onProgress: (done: number, total: number) => void
  log: Pick<FastifyBaseLogger, 'info' | 'warn' | 'error'>
  signal?: AbortSignal
}

const WATCH_MILLISECONDS = 1_000

/**
 * Reads a topic once, from its first record to the last one of now, with its own group, so that no
 * listener's offsets move. Returns the number of handled records. Throws what `handle` throws,
 * UnknownTopicError (also when the topic is deleted meanwhile), BrokerAwayError, or the signal's
 * reason.
 */
export async function replayTopic(options: TopicReplayOptions): Promise<number> {
  const { admin, clientId, topic, onProgress, log, signal } = options
  const progress = new ReplayProgress((await admin.rangesOf([topic])).get(topic))
  onProgress(0, progress.total)
  if (progress.isComplete) return 0
  // A replay that is aborted already must not call the handler.
  signal?.throwIfAborted()

  const group = `replay.${clientId}.${randomUUID()}`
  const replay = new Replay(options, progress)
  const reader = await readTopic({ ...options, group, handle: (records) => replay.handle(records) })
  try {
    await replay.run(reader)
    return progress.done
  } finally {
    await reader.close()
    await admin
      .deleteGroups([group])
      .catch((error) =>
        log.warn({ group, err: error }, 'the group of a replay was not deleted; it expires'),
      )
  }
}

class Replay {
  readonly #options: TopicReplayOptions
  readonly #progress: ReplayProgress
  readonly #finished = Promise.withResolvers<void>()
  #isOver = false
  #doneBefore = 0

  constructor(options: TopicReplayOptions, progress: ReplayProgress) {
    this.#options = options
    this.#progress = progress
    this.#finished.promise.catch(() => {})
    options.signal?.addEventListener('abort', this.#abort, { once: true })
  }

  async run(reader: TopicReader): Promise<void> {
    const watch = setInterval(() => {
      this.#checkProgress(reader).catch((error) => {
        // The reader resumes by itself when the brokers are back.
        if (!(error instanceof BrokerAwayError)) this.#finished.reject(error)
      })
    }, WATCH_MILLISECONDS)
    try {
      await this.#finished.promise
    } finally {
      this.#isOver = true
      clearInterval(watch)
      this.#options.signal?.removeEventListener('abort', this.#abort)
    }
  }

  async handle(records: readonly TopicRecord[]): Promise<void> {
    const { handle, onProgress, signal } = this.#options
    if (this.#isOver || signal?.aborted) return
    const included = records.filter((record) => this.#progress.includes(record))
    try {
      if (included.length > 0) await handle(included)
    } catch (error) {
      this.#isOver = true
      this.#finished.reject(error)
      return
    }
    this.#progress.advance(records, included.length)
    onProgress(this.#progress.done, this.#progress.total)
    if (this.#progress.isComplete) this.#finished.resolve()
  }

  /** Without this check the reader would wait for ever for records that were deleted. */
  async #checkProgress(reader: TopicReader): Promise<void> {
    const { admin, topic } = this.#options
    const fault = reader.fault()
    if (fault !== undefined) throw new Error(`${topic} cannot be read to its end: ${fault}`)
    const hasAdvanced = this.#progress.done > this.#doneBefore
    this.#doneBefore = this.#progress.done
    if (hasAdvanced) return
    this.#progress.skipDeleted((await admin.rangesOf([topic])).get(topic)?.begin ?? new Map())
    if (this.#progress.isComplete) this.#finished.resolve()
  }

  readonly #abort = (): void => this.#finished.reject(this.#options.signal?.reason)
}

import { FaultLog } from '@dailyfeed/concurrency/fault-log'
import type { NewEventOf, WrittenEvent } from '@dailyfeed/outbox/outbox'
import { insertEvents } from '@dailyfeed/outbox/outbox'
import { isTransientFault } from '@dailyfeed/postgres-support/fault'
import { inTransaction } from '@dailyfeed/postgres-support/queryable'
import type { FastifyBaseLogger } from 'fastify'
import { LRUCache } from 'lru-cache'
import type { Sql } from 'postgres'
import { claimViews, viewKeyOf } from './view.queries.ts'

interface View {
  memberId: number
  postId: number
  commentId?: number
  createdAt: Date
  updatedAt: Date
  traceparent: string
}

/**
 * Collects views in memory, so that no request waits for a write. A crash loses its content: less than a second of views.
 * A member's view of a post or comment counts once within `windowSeconds`.
 */
export interface ViewBuffer {
  /** Never waits, never fails. A full buffer drops the view; a repeated view is dropped, too. */
  add(type: 'POST_READ' | 'COMMENT_READ', view: View): void
  /** Inserts all buffered views that count as events. They stay buffered while the database is away. */
  flush(): Promise<void>
  close(): Promise<void>
}

interface ViewBufferOptions {
  /** This service's own login on the primary. */
  sql: Sql
  newEventOf: NewEventOf
  /** Events have been written: wakes the relay. */
  onWritten: () => void
  log: Pick<FastifyBaseLogger, 'warn' | 'error'>
  capacity?: number
  /** Seconds in which a member's views of one post or comment count once. */
  windowSeconds?: number
}

const FLUSH_INTERVAL_MS = 1_000
const CAPACITY = 20_000
/** Views of one transaction; halved after each that failed. */
const MAX_BATCH = 2_000
/** As the setting VIEW_WINDOW_SECONDS. */
const WINDOW_SECONDS = 1_800
/** Counted views that are cached, so that repetitions cost nothing; the table `recent_view` decides about the others. */
const MAX_RECENT = 50_000

export const createViewBuffer = (options: ViewBufferOptions): ViewBuffer =>
  new BufferedViews(options)

class BufferedViews implements ViewBuffer {
  readonly #options: ViewBufferOptions
  readonly #capacity: number
  readonly #windowSeconds: number
  readonly #nextVersion = createVersions()
  readonly #faults = new FaultLog()
  readonly #timer = setInterval(() => void this.flush(), FLUSH_INTERVAL_MS).unref()
  /** When the latest counted view of each key was added, by `performance.now()`. */
  readonly #recent = new LRUCache<string, number>({ max: MAX_RECENT })
  #buffered: WrittenEvent[] = []
  #shed = 0
  #batchSize = MAX_BATCH
  #writing: Promise<void> | undefined

  constructor(options: ViewBufferOptions) {
    this.#options = options
    this.#capacity = options.capacity ?? CAPACITY
    this.#windowSeconds = options.windowSeconds ?? WINDOW_SECONDS
  }

  add(type: 'POST_READ' | 'COMMENT_READ', { traceparent, ...view }: View): void {
    const key = viewKeyOf(view.memberId, view.postId, view.commentId ?? 0)
    const now = performance.now()
    const last = this.#recent.get(key)
    if (last !== undefined && now - last < this.#windowSeconds * 1_000) return
    if (this.#buffered.length >= this.#capacity) {
      this.#shed += 1
      return
    }
    this.#recent.set(key, now)
    const { createdAt: _, updatedAt: __, ...subject } = view
    this.#buffered.push({
      ...this.#options.newEventOf(type, { ...subject, traceparent }),
      ...view,
      version: this.#nextVersion(),
    })
  }

  async flush(): Promise<void> {
    await this.#writing
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined
    })
    await this.#writing
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
  }

  async #write(): Promise<void> {
    const { log } = this.#options
    if (this.#shed > 0)
      log.warn({ shed: this.#shed }, 'view buffer full; some views were not counted')
    this.#shed = 0
    let left = this.#buffered.length
    while (left > 0) {
      const batch = this.#buffered.splice(0, Math.min(left, this.#batchSize))
      left -= batch.length
      if ((await this.#writeBatch(batch)) === 'POSTPONED') return
    }
  }

  async #writeBatch(views: WrittenEvent[]): Promise<'WRITTEN' | 'LOST' | 'POSTPONED'> {
    const { sql, log, onWritten } = this.#options
    try {
      await inTransaction(sql, async (transaction) => {
        const counted = await claimViews(transaction, views, this.#windowSeconds)
        await insertEvents(transaction, 'timeline', countedOf(views, counted))
      })
      this.#batchSize = Math.min(MAX_BATCH, this.#batchSize * 2)
      onWritten()
      return 'WRITTEN'
    } catch (error) {
      if (isTransientFault(error)) {
        this.#postpone(views, error)
        return 'POSTPONED'
      }
      if (views.length > 1) return this.#writeHalves(views)
      log.error({ err: error, lost: 1 }, 'a view could not be written and is lost')
      return 'LOST'
    }
  }

  /** After a refusal, so that only the refused views are lost. */
  async #writeHalves(views: WrittenEvent[]): Promise<'WRITTEN' | 'POSTPONED'> {
    const half = Math.ceil(views.length / 2)
    const outcomes = [
      await this.#writeBatch(views.slice(0, half)),
      await this.#writeBatch(views.slice(half)),
    ]
    return outcomes.includes('POSTPONED') ? 'POSTPONED' : 'WRITTEN'
  }

  /** A smaller batch next time: the statement may have taken too long. */
  #postpone(views: readonly WrittenEvent[], error: unknown): void {
    this.#batchSize = Math.max(1, Math.floor(this.#batchSize / 2))
    const kept = views.slice(0, Math.max(0, this.#capacity - this.#buffered.length))
    this.#shed += views.length - kept.length
    this.#buffered = [...kept, ...this.#buffered]
    this.#faults.warn(this.#options.log, error, 'views not written; retried with the next flush', {
      waiting: this.#buffered.length,
    })
  }
}

/** Versions rise with each view, also across restarts: microseconds, or one more than before where the clock stands still. */
function createVersions(): () => number {
  let last = 0
  return () => {
    last = Math.max(last + 1, Date.now() * 1_000)
    return last
  }
}

/** The first view of each key that counts; the others of the batch are repetitions. */
function countedOf(views: readonly WrittenEvent[], counted: Set<string>): WrittenEvent[] {
  return views.filter((view) =>
    counted.delete(viewKeyOf(view.memberId, view.postId ?? 0, view.commentId ?? 0)),
  )
}

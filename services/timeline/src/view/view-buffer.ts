import type { NewEventOf, WrittenEvent } from '@dailyfeed/outbox/outbox'
import type { FastifyBaseLogger } from 'fastify'
import type { Sql } from 'postgres'
import { ViewWriter } from './view-writer.ts'

interface View {
  memberId: number
  postId: number
  commentId?: number
  createdAt: Date
  updatedAt: Date
  traceparent: string
}

/** Collects views in memory, so that no request waits for a write. A crash loses its content: less than a second of views. */
export interface ViewBuffer {
  /** Never waits, never fails. A full buffer drops the view. */
  add(type: 'POST_READ' | 'COMMENT_READ', view: View): void
  /** Inserts all buffered views as events. They stay buffered while the database is away. */
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
}

const FLUSH_INTERVAL_MS = 1_000
/** About 10 MB. */
const CAPACITY = 20_000

export function createViewBuffer({
  sql,
  newEventOf,
  onWritten,
  log,
  capacity = CAPACITY,
}: ViewBufferOptions): ViewBuffer {
  let buffered: WrittenEvent[] = []
  let shed = 0
  const nextVersion = createVersions()
  const writer = new ViewWriter(sql, onWritten)
  let writing: Promise<void> | undefined

  async function write(): Promise<void> {
    const events = buffered
    buffered = []
    if (shed > 0) log.warn({ shed }, 'view buffer full; some views were not counted')
    shed = 0
    if (events.length === 0) return
    const { waiting, refused, error } = await writer.write(events)
    if (refused > 0)
      log.error({ err: error, lost: refused }, 'views could not be written and are lost')
    if (waiting.length === 0) return
    const kept = waiting.slice(0, Math.max(0, capacity - buffered.length))
    shed += waiting.length - kept.length
    buffered = [...kept, ...buffered]
    log.warn(
      { err: error, waiting: buffered.length },
      'views not written; retried with the next flush',
    )
  }

  async function flush(): Promise<void> {
    await writing
    writing ??= write().finally(() => {
      writing = undefined
    })
    await writing
  }

  const timer = setInterval(() => void flush(), FLUSH_INTERVAL_MS)
  timer.unref()

  return {
    add(type, { traceparent, ...view }) {
      if (buffered.length >= capacity) {
        shed += 1
        return
      }
      const { createdAt: _, updatedAt: __, ...subject } = view
      buffered.push({
        ...newEventOf(type, { ...subject, traceparent }),
        ...view,
        version: nextVersion(),
      })
    },
    flush,
    async close() {
      clearInterval(timer)
      await flush()
    },
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

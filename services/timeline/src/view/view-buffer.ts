import { FaultLog } from '@dailyfeed/concurrency/fault-log'
import type { NewEventOf, WrittenEvent } from '@dailyfeed/outbox/outbox'
import { insertEvents } from '@dailyfeed/outbox/outbox'
import { isRefusal, isTransientFault } from '@dailyfeed/postgres-support/fault'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import type { FastifyBaseLogger } from 'fastify'
import type { Sql } from 'postgres'
import { findWritten } from './view.queries.ts'

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
  /** Inserts all buffered views as events, in one statement. They stay buffered while the database is away. */
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
const CAPACITY = 20_000
/** How far the database's clock may be behind, with the time that a statement may have been on its way. */
const SLACK_SECONDS = 30

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
  const faults = new FaultLog()
  let writing: Promise<void> | undefined
  /** `performance.now()` of the first write since the last success whose outcome is unknown: it may have been committed. */
  let inDoubtSince: number | undefined

  async function write(): Promise<void> {
    let events = buffered
    buffered = []
    if (shed > 0) log.warn({ shed }, 'view buffer full; some views were not counted')
    shed = 0
    if (events.length === 0) return
    const startedAt = performance.now()
    try {
      if (inDoubtSince !== undefined) events = await withoutWritten(sql, events, inDoubtSince)
      await insertEvents(sql, 'timeline', events)
      inDoubtSince = undefined
      onWritten()
    } catch (error) {
      if (!isRefusal(error)) inDoubtSince ??= startedAt
      if (!isTransientFault(error)) {
        log.error({ err: error, lost: events.length }, 'views could not be written and are lost')
        return
      }
      const kept = events.slice(0, Math.max(0, capacity - buffered.length))
      shed += events.length - kept.length
      buffered = [...kept, ...buffered]
      faults.warn(log, error, 'views not written; retried with the next flush', {
        waiting: buffered.length,
      })
    }
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

/**
 * A connection may be lost between commit and response: views that an earlier write stored must not be counted twice.
 * `since`: of `performance.now()`.
 */
async function withoutWritten(
  sql: Queryable,
  events: WrittenEvent[],
  since: number,
): Promise<WrittenEvent[]> {
  const seconds = Math.ceil((performance.now() - since) / 1_000) + SLACK_SECONDS
  const written = await findWritten(sql, events, seconds)
  return events.filter(({ messageKey }) => !written.has(messageKey))
}

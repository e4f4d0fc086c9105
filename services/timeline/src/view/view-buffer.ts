import type { NewEventOf, WrittenEvent } from '@dailyfeed/outbox/outbox'
import { insertEvents } from '@dailyfeed/outbox/outbox'
import { isRefusal, isTransientFault } from '@dailyfeed/postgres-support/fault'
import type { FastifyBaseLogger } from 'fastify'
import type { Sql } from 'postgres'
import { findWritten } from './view.queries.ts'

/** What was looked at, by whom. */
interface Look {
  memberId: number
  postId: number
  commentId?: number
  createdAt: Date
  updatedAt: Date
  traceparent: string
}

/** Collects looks in memory, so that a read writes nothing while it is answered. A crash loses what is in it: under a second of views. */
export interface ViewBuffer {
  /** Never waits, never fails. A full buffer sheds the look. */
  add(type: 'POST_READ' | 'COMMENT_READ', look: Look): void
  /** Writes what is in it, in one statement. Kept when the database is away. */
  flush(): Promise<void>
  close(): Promise<void>
}

interface ViewBufferOptions {
  /** This service's own login on the primary. */
  sql: Sql
  newEventOf: NewEventOf
  /** There is something for the relay. */
  onWritten: () => void
  log: Pick<FastifyBaseLogger, 'warn' | 'error'>
  capacity?: number
}

const FLUSH_MILLISECONDS = 1_000
const CAPACITY = 20_000
/** What the database's clock may be behind this process's, and what a statement may have been under way for. */
const SLACK_SECONDS = 30

export function createViewBuffer({
  sql,
  newEventOf,
  onWritten,
  log,
  capacity = CAPACITY,
}: ViewBufferOptions): ViewBuffer {
  let waiting: WrittenEvent[] = []
  let shed = 0
  let lastVersion = 0
  let writing: Promise<void> | undefined
  /** `performance.now()` of the first write since the last that succeeded of which nobody knows whether it was committed. */
  let inDoubtSince: number | undefined

  /** Rises with each look of this process, and over its restarts: microseconds, pushed on where the clock stands. */
  function nextVersion(): number {
    lastVersion = Math.max(lastVersion + 1, Date.now() * 1_000)
    return lastVersion
  }

  async function write(): Promise<void> {
    let events = waiting
    waiting = []
    if (shed > 0) log.warn({ shed }, 'the buffer of views was full; some were not counted')
    shed = 0
    if (events.length === 0) return
    const startedAt = performance.now()
    try {
      if (inDoubtSince !== undefined) events = await withoutWritten(events, inDoubtSince)
      await insertEvents(sql, 'timeline', events)
      inDoubtSince = undefined
      onWritten()
    } catch (error) {
      if (!isRefusal(error)) inDoubtSince ??= startedAt
      if (!isTransientFault(error)) {
        log.error({ err: error, lost: events.length }, 'views could not be written')
        return
      }
      const kept = events.slice(0, Math.max(0, capacity - waiting.length))
      shed += events.length - kept.length
      waiting = [...kept, ...waiting]
      log.warn({ err: error, waiting: waiting.length }, 'views wait for the database')
    }
  }

  /** A connection may be lost after the commit and before the answer: those looks would be counted twice. */
  async function withoutWritten(events: WrittenEvent[], since: number): Promise<WrittenEvent[]> {
    const written = await findWritten(
      sql,
      events,
      Math.ceil((performance.now() - since) / 1_000) + SLACK_SECONDS,
    )
    return events.filter(({ messageKey }) => !written.has(messageKey))
  }

  async function flush(): Promise<void> {
    await writing
    writing ??= write().finally(() => {
      writing = undefined
    })
    await writing
  }

  const timer = setInterval(() => void flush(), FLUSH_MILLISECONDS)
  timer.unref()

  return {
    add(type, { traceparent, ...look }) {
      if (waiting.length >= capacity) {
        shed += 1
        return
      }
      const { createdAt: _, updatedAt: __, ...subject } = look
      waiting.push({
        ...newEventOf(type, { ...subject, traceparent }),
        ...look,
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

import { Readable } from 'node:stream'
import type { TokenVerifier } from '@dailyfeed/access-token/token-verifier'
import { DailyfeedError } from '@dailyfeed/code/errors'
import type { FastifyBaseLogger } from 'fastify'
import type { Sql } from 'postgres'
import { toNotification } from './notification.mapper.ts'
import { findNewestNumber, findNewestNumbers, findNotificationsBetween } from './notification.queries.ts'

const LOOK_EVERY_MILLISECONDS = 1_000
const HEARTBEAT_EVERY_MILLISECONDS = 15_000
const STREAMS_PER_MEMBER = 20
const EVENTS_PER_LOOK = 100
/** A client that reads more slowly is let go; it resumes where it stood. */
const MAX_UNREAD_BYTES = 1024 * 1024

interface NotificationStreamsOptions {
  sql: Sql
  verifier: TokenVerifier
  log: FastifyBaseLogger
}

interface Subscription {
  memberId: number
  /** The header that opened the stream: it lives no longer than its token. */
  authorization: string
  /** The number of the last notification sent. */
  position: number
  events: Readable
  lastWrittenAt: number
}

export interface NotificationStreams {
  /** Goes on behind `lastNumber`; undefined: from now on. */
  open(memberId: number, authorization: string, lastNumber: number | undefined): Promise<Readable>
  /** Ends all. */
  close(): Promise<void>
}

/** All streams of this process share one look at the database each second, so that their number costs little. */
export function createNotificationStreams({ sql, verifier, log }: NotificationStreamsOptions): NotificationStreams {
  const subscriptions = new Set<Subscription>()
  let looking: Promise<void> | undefined
  let isClosed = false
  const timer = setInterval(() => look(), LOOK_EVERY_MILLISECONDS)
  timer.unref()

  /** One look at a time. */
  function look(): void {
    if (subscriptions.size === 0) return
    looking ??= lookOnce()
      .catch((err) => log.warn({ err }, 'notifications not looked for'))
      .finally(() => {
        looking = undefined
      })
  }

  async function lookOnce(): Promise<void> {
    await Promise.all([...subscriptions].map(endUnlessAuthorized))
    const positions = new Map<number, number>()
    for (const { memberId, position } of subscriptions) positions.set(memberId, Math.min(position, positions.get(memberId) ?? position))
    if (positions.size === 0) return
    const newest = new Map((await findNewestNumbers(sql, positions)).map(({ recipient_id, number }) => [recipient_id, number]))
    for (const subscription of subscriptions) await send(subscription, newest.get(subscription.memberId) ?? 0)
    for (const subscription of subscriptions) {
      if (Date.now() - subscription.lastWrittenAt >= HEARTBEAT_EVERY_MILLISECONDS) write(subscription, ': heartbeat\n\n')
    }
  }

  /** Also ends where it cannot be told whether the token still holds. */
  async function endUnlessAuthorized(subscription: Subscription): Promise<void> {
    try {
      await verifier.verifyOrThrow(subscription.authorization)
    } catch (error) {
      if (!(error instanceof DailyfeedError)) log.warn({ err: error }, 'token of a stream not verified')
      end(subscription)
    }
  }

  async function send(subscription: Subscription, newest: number): Promise<void> {
    if (subscription.position >= newest) return
    const rows = await findNotificationsBetween(sql, subscription.memberId, subscription.position, newest, EVENTS_PER_LOOK)
    for (const row of rows) write(subscription, `id: ${row.number}\ndata: ${JSON.stringify(toNotification(row))}\n\n`)
    // What is not shown to the member is passed by, too.
    subscription.position = rows.length === EVENTS_PER_LOOK ? (rows.at(-1)?.number ?? newest) : newest
  }

  function write(subscription: Subscription, text: string): void {
    if (!subscriptions.has(subscription)) return
    subscription.events.push(text)
    subscription.lastWrittenAt = Date.now()
    if (subscription.events.readableLength > MAX_UNREAD_BYTES) subscription.events.destroy()
  }

  function end(subscription: Subscription): void {
    if (subscriptions.delete(subscription)) subscription.events.push(null)
  }

  return {
    async open(memberId, authorization, lastNumber) {
      const position = lastNumber ?? (await findNewestNumber(sql, memberId))
      if (isClosed) throw new DailyfeedError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 1 })
      if ([...subscriptions].filter((one) => one.memberId === memberId).length >= STREAMS_PER_MEMBER) throw new DailyfeedError('TOO_MANY_REQUEST', { retryAfterSeconds: 5 })
      const events = new Readable({ read() {} })
      const subscription: Subscription = { memberId, authorization, position, events, lastWrittenAt: 0 }
      subscriptions.add(subscription)
      events.on('close', () => subscriptions.delete(subscription))
      // An id without data: a client whose stream ends before its first notification resumes from here, too.
      write(subscription, `retry: 2000\nid: ${position}\n\n`)
      look()
      return events
    },
    async close() {
      isClosed = true
      clearInterval(timer)
      for (const subscription of subscriptions) end(subscription)
      await looking
    },
  }
}

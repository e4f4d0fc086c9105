import { Readable } from 'node:stream'
import type { TokenVerifier } from '@dailyfeed/access-token/token-verifier'
import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { FastifyBaseLogger } from 'fastify'
import type { Sql } from 'postgres'
import { toNotification } from './notification.mapper.ts'
import {
  findNewestNumber,
  findNewestNumbers,
  findNotificationsBetween,
} from './notification-read.queries.ts'

const LOOK_EVERY_MILLISECONDS = 1_000
const HEARTBEAT_EVERY_MILLISECONDS = 15_000
/** Several acts that come together are told by one look. */
const WAKE_AFTER_MILLISECONDS = 20
const STREAMS_PER_MEMBER = 20
const STREAMS_IN_ALL = 5_000
const EVENTS_PER_LOOK = 100
/** A client that reads more slowly is let go; it resumes where it stood. */
const MAX_UNREAD_BYTES = 1024 * 1024

interface NotificationStreamsOptions {
  sql: Sql
  verifier: TokenVerifier
  log: FastifyBaseLogger
  maxStreams?: { perMember: number; inAll: number }
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
  /** There may be something new: do not wait for the next look, which is for what another process took up. */
  wake(): void
  /** Ends all. */
  close(): Promise<void>
}

/** All streams of this process share one look at the database each second, so that their number costs little. */
export function createNotificationStreams(
  options: NotificationStreamsOptions,
): NotificationStreams {
  const {
    sql,
    verifier,
    log,
    maxStreams = { perMember: STREAMS_PER_MEMBER, inAll: STREAMS_IN_ALL },
  } = options
  const subscriptions = new Set<Subscription>()
  let looking: Promise<void> | undefined
  let waking: NodeJS.Timeout | undefined
  let isClosed = false
  const timer = setInterval(() => look({ judgesTokens: true }), LOOK_EVERY_MILLISECONDS)
  timer.unref()

  /** One look at a time. */
  function look({ judgesTokens }: { judgesTokens: boolean }): void {
    if (subscriptions.size === 0) return
    looking ??= lookOnce(judgesTokens)
      .catch((err) => log.warn({ err }, 'notifications not looked for'))
      .finally(() => {
        looking = undefined
      })
  }

  async function lookOnce(judgesTokens: boolean): Promise<void> {
    if (judgesTokens) await Promise.all([...subscriptions].map(endUnlessAuthorized))
    for (const subscription of subscriptions) {
      if (performance.now() - subscription.lastWrittenAt >= HEARTBEAT_EVERY_MILLISECONDS)
        write(subscription, ': heartbeat\n\n')
    }
    const positions = new Map<number, number>()
    for (const { memberId, position } of subscriptions)
      positions.set(memberId, Math.min(position, positions.get(memberId) ?? position))
    if (positions.size === 0) return
    const newest = new Map(
      (await findNewestNumbers(sql, positions)).map(({ recipient_id, number }) => [
        recipient_id,
        number,
      ]),
    )
    for (const subscription of subscriptions)
      await send(subscription, newest.get(subscription.memberId) ?? 0)
  }

  /** Also ends where it cannot be told whether the token still holds. */
  async function endUnlessAuthorized(subscription: Subscription): Promise<void> {
    try {
      await verifier.verifyOrThrow(subscription.authorization)
    } catch (error) {
      if (!(error instanceof DailyfeedError))
        log.warn({ err: error }, 'token of a stream not verified')
      end(subscription)
    }
  }

  function wake(): void {
    if (subscriptions.size === 0) return
    waking ??= setTimeout(() => {
      waking = undefined
      look({ judgesTokens: false })
    }, WAKE_AFTER_MILLISECONDS)
  }

  async function send(subscription: Subscription, newest: number): Promise<void> {
    if (subscription.position >= newest) return
    const rows = await findNotificationsBetween(
      sql,
      subscription.memberId,
      subscription.position,
      newest,
      EVENTS_PER_LOOK,
    )
    for (const row of rows)
      write(subscription, `id: ${row.number}\ndata: ${JSON.stringify(toNotification(row))}\n\n`)
    // What is not shown to the member is passed by, too.
    subscription.position =
      rows.length === EVENTS_PER_LOOK ? (rows.at(-1)?.number ?? newest) : newest
  }

  function write(subscription: Subscription, text: string): void {
    if (!subscriptions.has(subscription)) return
    subscription.events.push(text)
    subscription.lastWrittenAt = performance.now()
    if (subscription.events.readableLength > MAX_UNREAD_BYTES) subscription.events.destroy()
  }

  function end(subscription: Subscription): void {
    if (subscriptions.delete(subscription)) subscription.events.push(null)
  }

  return {
    async open(memberId, authorization, lastNumber) {
      const position = lastNumber ?? (await findNewestNumber(sql, memberId))
      if (isClosed) throw new DailyfeedError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 1 })
      if (subscriptions.size >= maxStreams.inAll)
        throw new DailyfeedError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 5 })
      if (
        [...subscriptions].filter((one) => one.memberId === memberId).length >= maxStreams.perMember
      )
        throw new DailyfeedError('TOO_MANY_REQUEST', { retryAfterSeconds: 5 })
      const events = new Readable({ read() {} })
      const subscription: Subscription = {
        memberId,
        authorization,
        position,
        events,
        lastWrittenAt: 0,
      }
      subscriptions.add(subscription)
      events.on('close', () => subscriptions.delete(subscription))
      // An id without data: a client whose stream ends before its first notification resumes from here, too.
      write(subscription, `retry: 2000\nid: ${position}\n\n`)
      wake()
      return events
    },
    wake,
    async close() {
      isClosed = true
      clearInterval(timer)
      clearTimeout(waking)
      for (const subscription of subscriptions) end(subscription)
      await looking
    },
  }
}

import type { Readable } from 'node:stream'
import type { TokenVerifier } from '@dailyfeed/access-token/token-verifier'
import { withoutDeadline } from '@dailyfeed/concurrency/request-deadline'
import { singleFlight } from '@dailyfeed/concurrency/single-flight'
import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { Log } from '@dailyfeed/http-server/log'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import { NotificationStream } from './notification-stream.ts'
import {
  findNewestNumber,
  findNewestNumbers,
  findNotificationsBetween,
} from './notification-read.queries.ts'

const POLL_EVERY_MS = 1_000
const HEARTBEAT_EVERY_MS = 15_000
/** Notifications that are created within this time share one poll. */
const WAKE_AFTER_MS = 20
const MAX_STREAMS_PER_MEMBER = 20
const MAX_STREAMS = 5_000
const EVENTS_PER_POLL = 100

interface StreamHubOptions {
  sql: Queryable
  verifier: TokenVerifier
  log: Log
  maxStreams?: { perMember: number; inAll: number }
}

/**
 * All streams of this process. They share one poll of the database per second, so that their number
 * costs little.
 */
export class StreamHub {
  readonly #sql: Queryable
  readonly #verifier: TokenVerifier
  readonly #log: Log
  readonly #maxStreams: { perMember: number; inAll: number }
  readonly #streams = new Set<NotificationStream>()
  readonly #timer: NodeJS.Timeout
  readonly #poll = singleFlight(() => withoutDeadline(() => this.#pollOnce()))
  readonly #check = singleFlight(() => withoutDeadline(() => this.#checkOnce()))
  #wakeTimer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor({ sql, verifier, log, maxStreams }: StreamHubOptions) {
    this.#sql = sql
    this.#verifier = verifier
    this.#log = log
    this.#maxStreams = maxStreams ?? { perMember: MAX_STREAMS_PER_MEMBER, inAll: MAX_STREAMS }
    this.#timer = setInterval(() => void this.#check(), POLL_EVERY_MS)
    this.#timer.unref()
  }

  /** Opens a stream that continues after `lastNumber`; undefined: from now on. */
  async open(
    memberId: number,
    authorization: string,
    lastNumber: number | undefined,
  ): Promise<Readable> {
    const options = {
      memberId,
      authorization,
      lastNumber: lastNumber ?? (await findNewestNumber(this.#sql, memberId)),
    }
    this.#refuseIfFull(memberId)
    const stream = new NotificationStream(options)
    this.#streams.add(stream)
    stream.events.on('close', () => this.#streams.delete(stream))
    this.wake()
    return stream.events
  }

  /**
   * Polls without waiting for the next second. Call when this process has created notifications;
   * those of other processes are found by the regular poll.
   */
  wake(): void {
    if (this.#streams.size === 0) return
    this.#wakeTimer ??= setTimeout(() => {
      this.#wakeTimer = undefined
      void this.#poll()
    }, WAKE_AFTER_MS)
  }

  /** Ends all streams. Resolves when no query is in progress any more. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#timer)
    clearTimeout(this.#wakeTimer)
    for (const stream of this.#streams) this.#end(stream)
    await this.#check()
  }

  #refuseIfFull(memberId: number): void {
    if (this.#isClosed) throw new DailyfeedError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 1 })
    if (this.#streams.size >= this.#maxStreams.inAll)
      throw new DailyfeedError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 5 })
    const ofMember = [...this.#streams].filter((stream) => stream.memberId === memberId)
    if (ofMember.length >= this.#maxStreams.perMember)
      throw new DailyfeedError('TOO_MANY_REQUEST', { retryAfterSeconds: 5 })
  }

  async #checkOnce(): Promise<void> {
    await Promise.all([...this.#streams].map((stream) => this.#endUnlessAuthorized(stream)))
    for (const stream of this.#streams) stream.sendHeartbeatAfter(HEARTBEAT_EVERY_MS)
    await this.#poll()
  }

  /** Ends the stream too where the token cannot be verified: the client opens another one. */
  async #endUnlessAuthorized(stream: NotificationStream): Promise<void> {
    try {
      await this.#verifier.verifyOrThrow(stream.authorization)
    } catch (error) {
      if (!(error instanceof DailyfeedError))
        this.#log.warn({ err: error }, 'token of a notification stream not verified; stream ended')
      this.#end(stream)
    }
  }

  async #pollOnce(): Promise<void> {
    if (this.#streams.size === 0) return
    try {
      const newest = await findNewestNumbers(this.#sql, this.#lastNumbers())
      for (const stream of this.#streams)
        await this.#sendUpTo(newest.get(stream.memberId) ?? 0, stream)
    } catch (err) {
      this.#log.warn({ err }, 'new notifications not loaded; next poll within one second')
    }
  }

  /** By member; of several streams of one member the lowest. */
  #lastNumbers(): Map<number, number> {
    const numbers = new Map<number, number>()
    for (const { memberId, lastNumber } of this.#streams)
      numbers.set(memberId, Math.min(lastNumber, numbers.get(memberId) ?? lastNumber))
    return numbers
  }

  async #sendUpTo(newest: number, stream: NotificationStream): Promise<void> {
    const { memberId, lastNumber } = stream
    if (lastNumber >= newest) return
    const rows = await findNotificationsBetween(
      this.#sql,
      memberId,
      lastNumber,
      newest,
      EVENTS_PER_POLL,
    )
    // A page that is not full ends at `newest`: what follows its last row is hidden from the member.
    const last = rows.length === EVENTS_PER_POLL ? rows.at(-1) : undefined
    stream.send(rows, last?.number ?? newest)
  }

  #end(stream: NotificationStream): void {
    if (this.#streams.delete(stream)) stream.end()
  }
}

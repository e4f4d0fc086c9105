import { Readable } from 'node:stream'
import { toNotification } from './notification.mapper.ts'
import type { NotificationRow } from './notification-read.queries.ts'

/** A client that reads more slowly is disconnected; it resumes where it stopped. */
const MAX_UNREAD_BYTES = 1024 * 1024

interface StreamOptions {
  memberId: number
  /** The header that opened the stream: the stream ends with its token. */
  authorization: string
  /** The number of the last notification that the client has. */
  lastNumber: number
}

/** One client's Server-Sent Events. */
export class NotificationStream {
  readonly memberId: number
  readonly authorization: string
  readonly events = new Readable({ read() {} })
  #lastNumber: number
  #lastWriteAt = 0
  #isEnded = false

  constructor({ memberId, authorization, lastNumber }: StreamOptions) {
    this.memberId = memberId
    this.authorization = authorization
    this.#lastNumber = lastNumber
    // An id without data, so that a client whose stream ends before its first notification resumes
    // from here.
    this.#write(`retry: 2000\nid: ${lastNumber}\n\n`)
  }

  /** Notifications up to this number have been sent, or are not visible to the member. */
  get lastNumber(): number {
    return this.#lastNumber
  }

  /** `upTo`: the stream continues after this number. */
  send(notifications: readonly NotificationRow[], upTo: number): void {
    for (const row of notifications)
      this.#write(`id: ${row.number}\ndata: ${JSON.stringify(toNotification(row))}\n\n`)
    this.#lastNumber = upTo
  }

  /** A comment, which keeps proxies from closing a silent connection. */
  sendHeartbeatAfter(silenceMs: number): void {
    if (performance.now() - this.#lastWriteAt >= silenceMs) this.#write(': heartbeat\n\n')
  }

  end(): void {
    this.#isEnded = true
    this.events.push(null)
  }

  #write(text: string): void {
    if (this.#isEnded || this.events.destroyed) return
    this.events.push(text)
    this.#lastWriteAt = performance.now()
    if (this.events.readableLength > MAX_UNREAD_BYTES) this.events.destroy()
  }
}

import type { Notification } from '@dailyfeed/contract/notification'
import { backoff } from '@dailyfeed/concurrency/backoff'
import { WakeableSleep } from '@dailyfeed/concurrency/wakeable-sleep'
import { readEvents } from './eventStream.ts'

/** Also sent to the other tabs, so that the tab that connects next resumes after it. */
export interface StreamedNotification {
  /** The event's id; undefined when the event has none. */
  id: string | undefined
  notification: Notification
}

interface NotificationStreamOptions {
  /** Opens the stream after the last event that any tab has received. */
  connect: () => Promise<Response>
  isSignedIn: () => boolean
  onNotification: (streamed: StreamedNotification) => void
  signal: AbortSignal
  /** Milliseconds before the first and the slowest retry. */
  delays?: { first: number; max: number }
}

const DELAYS = { first: 1_000, max: 60_000 }

/** Reads the stream and reconnects, until aborted or signed out. Each received event resets the delay. */
export async function readNotifications({
  connect,
  isSignedIn,
  onNotification,
  signal,
  delays = DELAYS,
}: NotificationStreamOptions): Promise<void> {
  const sleep = new WakeableSleep()
  signal.addEventListener('abort', () => sleep.stop(), { once: true })
  let attempts = 0
  while (!signal.aborted && isSignedIn()) {
    attempts += 1
    try {
      const { ok, body } = await connect()
      if (ok && body !== null) {
        for await (const { id, data } of readEvents(body)) {
          attempts = 1
          onNotification({ id, notification: JSON.parse(data) as Notification })
        }
      }
    } catch {
      // Unreachable, interrupted or aborted: the loop's condition decides whether to reconnect.
    }
    await sleep.untilStopped(backoff(attempts, delays))
  }
}

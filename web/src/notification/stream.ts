import type { Notification } from '@dailyfeed/contract/notification'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { currentDictionary } from '../language/language.ts'
import { announce } from '../layout/announce.ts'
import { callForResponse } from '../server/call.ts'
import { onSessionEnd, sessionState } from '../session/session.ts'
import { readEvents } from './eventStream.ts'
import { receive } from './notifications.ts'

/** What one tab tells the others, so that whichever connects next goes on from there. */
interface Arrival {
  id: string
  notification: Notification
}

const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 60_000

let lastId = ''
onSessionEnd(() => {
  lastId = ''
})

/**
 * Listens while somebody is logged in. One tab holds the connection and tells the others: a browser opens only six to
 * one host, and a seventh tab would find no way to the server.
 */
export function useNotificationStream(): void {
  const client = useQueryClient()
  useEffect(() => {
    const stop = new AbortController()
    const channel = new BroadcastChannel('dailyfeed.notifications')
    const take = ({ id, notification }: Arrival) => {
      if (id !== '') lastId = id
      receive(client, notification)
      if (!notification.read) announce(currentDictionary().notification.arrived)
    }
    channel.addEventListener('message', ({ data }: MessageEvent<Arrival>) => take(data))
    const listen = () =>
      listenOn(stop.signal, (arrival) => {
        take(arrival)
        channel.postMessage(arrival)
      })
    // The lock is refused when the page stops waiting for it; nothing is to be told then.
    if (navigator.locks === undefined) void listen()
    else
      void navigator.locks
        .request('dailyfeed.notifications', { signal: stop.signal }, listen)
        .catch(() => {})
    return () => {
      stop.abort()
      channel.close()
    }
  }, [client])
}

async function listenOn(signal: AbortSignal, onArrival: (arrival: Arrival) => void): Promise<void> {
  let pause = FIRST_PAUSE_MS
  while (!signal.aborted && sessionState() === 'SIGNED_IN') {
    try {
      const response = await callForResponse({
        method: 'GET',
        path: '/api/notifications/stream',
        headers: { Accept: 'text/event-stream', ...(lastId !== '' && { 'Last-Event-ID': lastId }) },
        signal,
      })
      if (response.ok && response.body !== null) {
        for await (const { id, data } of readEvents(response.body)) {
          pause = FIRST_PAUSE_MS
          onArrival({ id, notification: JSON.parse(data) as Notification })
        }
      }
    } catch {
      // Out of reach, cut off or left: the loop decides whether to come back.
    }
    // Spread over time, so that not all come back at once when a server has been away.
    await rest(pause * (0.5 + Math.random()), signal)
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
  }
}

function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        resolve()
      },
      { once: true },
    )
  })
}

import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { currentDictionary } from '../language/language.ts'
import { callForResponse } from '../session/call.ts'
import { onSessionEnd, sessionState } from '../session/session.ts'
import { announce } from '../ui/announce.ts'
import { readNotifications, type StreamedNotification } from './notificationStream.ts'
import { receiveNotification } from './notifications.ts'

let lastEventId: string | undefined
onSessionEnd(() => {
  lastEventId = undefined
})

/**
 * Receives notifications while a member is signed in. One tab holds the connection and forwards to the others: browsers
 * open only six HTTP/1.1 connections to one host, so a seventh tab could not reach the server.
 */
export function useNotificationStream(): void {
  const client = useQueryClient()
  useEffect(() => {
    const stop = new AbortController()
    const channel = new BroadcastChannel('dailyfeed.notifications')
    const apply = ({ id, notification }: StreamedNotification) => {
      if (id) lastEventId = id
      receiveNotification(client, notification)
      if (!notification.read) announce(currentDictionary().notification.arrived)
    }
    channel.addEventListener('message', ({ data }: MessageEvent<StreamedNotification>) =>
      apply(data),
    )
    const read = () =>
      readNotifications({
        connect: () => connect(stop.signal),
        isSignedIn: () => sessionState() === 'SIGNED_IN',
        onNotification: (streamed) => {
          apply(streamed)
          channel.postMessage(streamed)
        },
        signal: stop.signal,
      })
    if (navigator.locks === undefined) void read()
    else
      void navigator.locks
        .request('dailyfeed.notifications', { signal: stop.signal }, read)
        // The request is rejected when the page stops waiting for the lock.
        .catch(() => {})
    return () => {
      stop.abort()
      channel.close()
    }
  }, [client])
}

const connect = (signal: AbortSignal): Promise<Response> =>
  callForResponse({
    method: 'GET',
    path: '/api/notifications/stream',
    headers: {
      Accept: 'text/event-stream',
      ...(lastEventId !== undefined && { 'Last-Event-ID': lastEventId }),
    },
    signal,
  })

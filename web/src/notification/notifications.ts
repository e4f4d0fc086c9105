import type { Notification } from '@dailyfeed/contract/notification'
import { type QueryClient, useQuery } from '@tanstack/react-query'
import { type Pages, prependToPages } from '../scroll/pages.ts'
import { call } from '../session/call.ts'
import { useSessionState } from '../session/session.ts'

export const NOTIFICATIONS = ['notifications', 'list'] as const
const UNREAD = ['notifications', 'unread-count'] as const

export function useUnreadCount(): number {
  const isSignedIn = useSessionState() === 'SIGNED_IN'
  const { data } = useQuery({
    queryKey: UNREAD,
    queryFn: ({ signal }) =>
      call<{ unreadCount: number }>('GET', '/api/notifications/unread-count', { signal }),
    select: ({ unreadCount }) => unreadCount,
    enabled: isSignedIn,
    staleTime: 60_000,
    // A missing badge is not worth an error message; the next event or visit requests the count again.
    retry: false,
    refetchOnWindowFocus: true,
  })
  return isSignedIn ? (data ?? 0) : 0
}

/** Marks all notifications read on the server. The list on the page keeps its marks until the next visit. */
export async function markAllRead(client: QueryClient): Promise<void> {
  await call<true>('POST', '/api/notifications/read', { body: {} })
  client.setQueryData(UNREAD, { unreadCount: 0 })
}

/** Puts a streamed notification first; a group that has grown replaces its earlier version. */
export function receiveNotification(client: QueryClient, notification: Notification): void {
  client.setQueryData<Pages<Notification>>(NOTIFICATIONS, (data) =>
    prependToPages(data, notification),
  )
  void client.invalidateQueries({ queryKey: UNREAD })
}

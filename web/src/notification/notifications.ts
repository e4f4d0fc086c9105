import type { Notification } from '@dailyfeed/contract/notification'
import { type InfiniteData, type QueryClient, useQuery } from '@tanstack/react-query'
import type { Scroll } from '@dailyfeed/contract/page'
import { call } from '../server/call.ts'
import { useSessionState } from '../session/session.ts'

export const NOTIFICATIONS = ['notifications', 'list'] as const
const UNREAD = ['notifications', 'unread-count'] as const

export function useUnreadCount(): number {
  const isSignedIn = useSessionState() === 'SIGNED_IN'
  const { data } = useQuery({
    queryKey: UNREAD,
    queryFn: async ({ signal }) =>
      (await call<{ unreadCount: number }>('GET', '/api/notifications/unread-count', { signal }))
        .unreadCount,
    enabled: isSignedIn,
    staleTime: 60_000,
    // The badge is not worth a sentence when it fails: it is asked for again with the next event or visit.
    retry: false,
    refetchOnWindowFocus: true,
  })
  return isSignedIn ? (data ?? 0) : 0
}

/** Tells the server that all are seen; the list keeps its marks until it is opened again. */
export async function markAllRead(client: QueryClient): Promise<void> {
  await call<true>('POST', '/api/notifications/read', { body: {} })
  client.setQueryData(UNREAD, 0)
}

/** Puts what the stream brought on top; a group that grew takes the place of its former self. */
export function receive(client: QueryClient, notification: Notification): void {
  client.setQueryData<InfiniteData<Scroll<Notification>>>(NOTIFICATIONS, (data) => {
    const [first, ...rest] = data?.pages ?? []
    if (data === undefined || first === undefined) return data
    const others = (page: Scroll<Notification>) => ({
      ...page,
      content: page.content.filter(({ id }) => id !== notification.id),
    })
    const top = others(first)
    return {
      ...data,
      pages: [{ ...top, content: [notification, ...top.content] }, ...rest.map(others)],
    }
  })
  void client.invalidateQueries({ queryKey: UNREAD })
}

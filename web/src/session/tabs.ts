/** Sent to the other tabs of the browser: all tabs share one refresh cookie, so a sign-in or sign-out concerns them too. */
export type TabMessage = { type: 'SIGNED_IN'; memberId: number } | { type: 'SIGNED_OUT' }

const channel =
  typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('dailyfeed.session')

export const broadcastToTabs = (message: TabMessage): void => channel?.postMessage(message)

export function onTabMessage(listener: (message: TabMessage) => void): void {
  channel?.addEventListener('message', ({ data }: MessageEvent<TabMessage>) => listener(data))
}

export type TabMessage = { type: 'SIGNED_IN'; memberId: number } | { type: 'SIGNED_OUT' }

/** The cookie is one for all tabs: what one tab does to it, the others must know. */
const channel =
  typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('dailyfeed.session')

export const tellOtherTabs = (message: TabMessage): void => channel?.postMessage(message)

export function onOtherTab(listener: (message: TabMessage) => void): void {
  channel?.addEventListener('message', ({ data }: MessageEvent<TabMessage>) => listener(data))
}

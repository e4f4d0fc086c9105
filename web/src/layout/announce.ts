import { useSyncExternalStore } from 'react'

export interface Announcement {
  id: number
  text: string
  kind: 'DONE' | 'FAILED'
  /** Where to see what happened. */
  postId?: number | undefined
}

/** Long enough to be read twice; what failed stays longer. */
const SHOWN_MS = { DONE: 5_000, FAILED: 10_000 } as const

/** While a dialog closes, the rest of the page is not read out. */
const AFTER_DIALOG_MS = 50

let announcements: readonly Announcement[] = []
let lastId = 0
const listeners = new Set<() => void>()

/** Shown for a while and read out by screen readers. */
export function announce(text: string, kind: Announcement['kind'] = 'DONE', postId?: number): void {
  const id = ++lastId
  setTimeout(() => {
    // The same sentence twice is one sentence on the page.
    set([...announcements.filter((each) => each.text !== text), { id, text, kind, postId }])
  }, AFTER_DIALOG_MS)
  setTimeout(() => dismiss(id), SHOWN_MS[kind])
}

export const dismiss = (id: number): void => set(announcements.filter((each) => each.id !== id))

export const useAnnouncements = (): readonly Announcement[] =>
  useSyncExternalStore(subscribe, () => announcements)

function set(next: readonly Announcement[]): void {
  announcements = next
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

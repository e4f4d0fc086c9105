import { createStore } from '../store/store.ts'

export interface Announcement {
  id: number
  text: string
  kind: 'DONE' | 'FAILED'
  /** A post that the announcement links to. */
  postId?: number | undefined
}

/** Long enough to be read twice; a failure stays longer. */
const SHOWN_MS = { DONE: 5_000, FAILED: 10_000 } as const

/** While a dialog closes, screen readers do not read the rest of the page. */
const AFTER_DIALOG_MS = 50

export function createAnnouncements() {
  const store = createStore<readonly Announcement[]>([])
  let lastId = 0
  const dismiss = (id: number): void => store.set(store.get().filter((each) => each.id !== id))
  return {
    store,
    dismiss,
    /** Shows a text for some seconds; screen readers read it out. */
    announce(text: string, kind: Announcement['kind'] = 'DONE', postId?: number): void {
      lastId += 1
      const id = lastId
      setTimeout(() => {
        // A text that is shown already is replaced, not repeated.
        const others = store.get().filter((each) => each.text !== text)
        store.set([...others, { id, text, kind, postId }])
      }, AFTER_DIALOG_MS)
      setTimeout(() => dismiss(id), SHOWN_MS[kind])
    },
  }
}

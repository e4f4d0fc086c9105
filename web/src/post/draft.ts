import { onSessionEnd } from '../session/session.ts'
import type { Draft } from './PostFields.tsx'

const EMPTY: Draft = { title: '', content: '' }
/** In memory, so that a look at another page does not cost what was written. */
let draft: Draft = EMPTY

export const keptDraft = (): Draft => draft
export const clearDraft = (): void => keepDraft(EMPTY)
export function keepDraft(next: Draft): void {
  draft = next
}

onSessionEnd((reason) => {
  // One whose session ran out logs in again and goes on writing; one who left does not leave it to the next.
  if (reason !== 'EXPIRED') clearDraft()
})

let listener: (() => void) | undefined
let isAsked = false

/** "Write a post" from anywhere: the composer on the page, or the next one to come. */
export const openComposer = {
  /** Whether a composer was there. */
  ask(): boolean {
    isAsked = listener === undefined
    listener?.()
    return !isAsked
  },
  listen(open: () => void): () => void {
    listener = open
    if (isAsked) open()
    isAsked = false
    return () => {
      if (listener === open) listener = undefined
    }
  },
}

import { onSessionEnd } from '../session/session.ts'
import { createComposerRequests, createDraftStore } from './drafts.ts'

export const draftStore = createDraftStore()
export const openComposer = createComposerRequests()

onSessionEnd((reason) => {
  // After an expired session the member signs in again and continues; after a logout the next member must not see the draft.
  if (reason !== 'EXPIRED') draftStore.clear()
})

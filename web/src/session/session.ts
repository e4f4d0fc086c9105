import { useSyncExternalStore } from 'react'

/** UNKNOWN until the cookie has been tried. */
export type SessionState = 'UNKNOWN' | 'SIGNED_IN' | 'SIGNED_OUT'
export type SessionEnd = 'EXPIRED' | 'LOGGED_OUT' | 'WITHDRAWN'

let state: SessionState = 'UNKNOWN'
const listeners = new Set<() => void>()
const endListeners = new Set<(reason: SessionEnd) => void>()

export const sessionState = (): SessionState => state
export const useSessionState = (): SessionState => useSyncExternalStore(subscribe, sessionState)

export function setSessionState(next: SessionState): void {
  state = next
  for (const listener of listeners) listener()
}

export function onSessionEnd(listener: (reason: SessionEnd) => void): void {
  endListeners.add(listener)
}

export function endSession(reason: SessionEnd): void {
  // Several calls may meet the same end.
  if (state === 'SIGNED_OUT') return
  const wasSignedIn = state === 'SIGNED_IN'
  setSessionState('SIGNED_OUT')
  if (wasSignedIn) for (const listener of endListeners) listener(reason)
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

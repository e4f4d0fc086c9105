import { createStore, useStore } from '../store/store.ts'

/** UNKNOWN until the first refresh with the cookie has succeeded or failed. */
export type SessionState = 'UNKNOWN' | 'SIGNED_IN' | 'SIGNED_OUT'
export type SessionEnd = 'EXPIRED' | 'LOGGED_OUT' | 'WITHDRAWN'

export function createSession() {
  const state = createStore<SessionState>('UNKNOWN')
  const endListeners = new Set<(reason: SessionEnd) => void>()
  return {
    state,
    onEnd(listener: (reason: SessionEnd) => void): void {
      endListeners.add(listener)
    },
    /** Several requests may report the same end; the listeners run once. */
    end(reason: SessionEnd): void {
      const wasSignedIn = state.get() === 'SIGNED_IN'
      state.set('SIGNED_OUT')
      if (wasSignedIn) for (const listener of endListeners) listener(reason)
    },
  }
}
export type Session = ReturnType<typeof createSession>

export const session = createSession()
export const sessionState = session.state.get
export const setSessionState = session.state.set
export const endSession = session.end
export const onSessionEnd = session.onEnd
export const useSessionState = (): SessionState => useStore(session.state)

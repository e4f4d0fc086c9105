import type { RouterHistory } from '@tanstack/react-router'
import { useSyncExternalStore } from 'react'

let cameBack = false

/** Whether the page was entered by back or forward: then everything stands as it was left. */
export const hasComeBack = (): boolean => cameBack

let visits = 0
const listeners = new Set<() => void>()

/** Rises when somebody asks for the page they are on: as the key of a page it makes it begin anew. */
export const useVisits = (): number => useSyncExternalStore(subscribe, () => visits)

export function visitAgain(): void {
  cameBack = false
  visits++
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function watchArrivals(history: RouterHistory): void {
  history.subscribe(({ action }) => {
    cameBack = action.type === 'BACK' || action.type === 'FORWARD' || action.type === 'GO'
  })
}

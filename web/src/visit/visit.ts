import type { RouterHistory } from '@tanstack/react-router'
import { useStore } from '../store/store.ts'
import { createVisits } from './visits.ts'

const visits = createVisits()

export const { isBackNavigation, revisit } = visits

/** Grows with each `revisit()`. As the `key` of a page it makes React mount the page anew. */
export const useVisitCount = (): number => useStore(visits.count)

export function trackNavigation(history: RouterHistory): void {
  history.subscribe(({ action }) => visits.recordNavigation(action.type))
}

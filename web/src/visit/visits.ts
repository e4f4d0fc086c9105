import { createStore } from '../store/store.ts'

type HistoryAction = 'PUSH' | 'REPLACE' | 'BACK' | 'FORWARD' | 'GO'

/** Whether the current page was entered by a link or by the browser's history, and how often it was revisited. */
export function createVisits() {
  const count = createStore(0)
  let isBack = false
  return {
    count,
    /** After back or forward, a page shows what it showed before. */
    isBackNavigation: (): boolean => isBack,
    recordNavigation(action: HistoryAction): void {
      isBack = action === 'BACK' || action === 'FORWARD' || action === 'GO'
    },
    /** A link to the current page: the page starts anew. */
    revisit(): void {
      isBack = false
      count.set(count.get() + 1)
    },
  }
}

import { useLayoutEffect, useState } from 'react'
import { isBackNavigation } from './visit.ts'

/**
 * Calls `refresh` when the component is mounted by a link; after back or forward the cached list stays as it was left.
 * Returns whether the list may render: a list that renders only then never shows its old position, because React renders
 * again before it paints. `refresh` must be safe to call twice, since StrictMode runs effects twice.
 */
export function useFreshOnVisit(refresh: () => void): boolean {
  const [isReady, setReady] = useState(isBackNavigation)
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each visit
  useLayoutEffect(() => {
    if (isReady) return
    refresh()
    setReady(true)
  }, [])
  return isReady
}

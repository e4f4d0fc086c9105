import type { RouterHistory } from '@tanstack/react-router'

let cameBack = false

/** Whether the page was entered by back or forward: then everything stands as it was left. */
export const hasComeBack = (): boolean => cameBack

export function watchArrivals(history: RouterHistory): void {
  history.subscribe(({ action }) => {
    cameBack = action.type === 'BACK' || action.type === 'FORWARD' || action.type === 'GO'
  })
}

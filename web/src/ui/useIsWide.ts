import { useSyncExternalStore } from 'react'

/** The same width stands in shell.css. */
const wide = matchMedia('(min-width: 1024px)')

/** Whether the window has room for three columns. Narrower pages have a top bar, a bottom bar and a drawer. */
export const useIsWide = (): boolean =>
  useSyncExternalStore(
    (listener) => {
      wide.addEventListener('change', listener)
      return () => wide.removeEventListener('change', listener)
    },
    () => wide.matches,
  )

import { useSyncExternalStore } from 'react'

const wide = matchMedia('(min-width: 1024px)')

/** Three columns. Below it there is a top bar, a bottom bar and a drawer. The same number stands in shell.css. */
export const useIsWide = (): boolean =>
  useSyncExternalStore(
    (listener) => {
      wide.addEventListener('change', listener)
      return () => wide.removeEventListener('change', listener)
    },
    () => wide.matches,
  )

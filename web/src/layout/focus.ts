import { type RefObject, useEffect, useRef } from 'react'

/** Where focus goes when what had it is gone. */
export const focusMain = (): void => document.getElementById('main')?.focus({ preventScroll: true })

/** For the button that opened something in its own place: it has focus again when that closes. */
export function useFocusAfter(isOpen: boolean): RefObject<HTMLButtonElement | null> {
  const button = useRef<HTMLButtonElement>(null)
  const wasOpen = useRef(isOpen)
  useEffect(() => {
    if (wasOpen.current && !isOpen) button.current?.focus({ preventScroll: true })
    wasOpen.current = isOpen
  }, [isOpen])
  return button
}

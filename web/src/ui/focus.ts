import { type RefObject, useEffect, useRef } from 'react'

/** Moves focus to the page's content, when the focused element has been removed. */
export const focusMain = (): void => document.getElementById('main')?.focus({ preventScroll: true })

/** The ref of a button that opens something in place: the button regains focus when that closes. */
export function useFocusOnClose(isOpen: boolean): RefObject<HTMLButtonElement | null> {
  const button = useRef<HTMLButtonElement>(null)
  const wasOpen = useRef(isOpen)
  useEffect(() => {
    if (wasOpen.current && !isOpen) button.current?.focus({ preventScroll: true })
    wasOpen.current = isOpen
  }, [isOpen])
  return button
}

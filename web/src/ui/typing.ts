import type { KeyboardEvent } from 'react'

/**
 * Whether a key belongs to the composition of a Hangul syllable: Enter then completes the syllable and must not submit.
 * Safari reports that Enter after the composition has ended, but with key code 229.
 */
export const isComposing = (event: KeyboardEvent): boolean =>
  event.nativeEvent.isComposing || event.nativeEvent.keyCode === 229

/** The `onKeyDown` handler of a form. */
export function preventSubmitWhileComposing(event: KeyboardEvent): void {
  if (event.key === 'Enter' && isComposing(event)) event.preventDefault()
}

/** The length as the server counts it: an emoji outside the basic plane is one code point. */
export function countCodePoints(text: string): number {
  let count = 0
  for (const _ of text) count += 1
  return count
}

/** The first `length` code points and an ellipsis, or the whole text if it is not longer. */
export function truncate(text: string, length: number): string {
  const points = Array.from(text)
  return points.length > length ? `${points.slice(0, length).join('').trimEnd()}…` : text
}

import type { KeyboardEvent } from 'react'

/** Enter that ends a Hangul syllable, not one that sends. Safari reports it after the composition, but with code 229. */
export const isComposing = (event: KeyboardEvent): boolean =>
  event.nativeEvent.isComposing || event.nativeEvent.keyCode === 229

/** On the form: no implicit submission while a syllable is still open. */
export function holdWhileComposing(event: KeyboardEvent): void {
  if (event.key === 'Enter' && isComposing(event)) event.preventDefault()
}

/** As the server counts: an emoji is one. */
export const codePointsIn = (text: string): number => {
  let count = 0
  for (const _ of text) count++
  return count
}

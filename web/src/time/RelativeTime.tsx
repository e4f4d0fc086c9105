import { useSyncExternalStore } from 'react'
import { useLanguage } from '../language/language.ts'
import { fullText, relativeText } from './relativeText.ts'

const TICK_MS = 5_000

/** The age of an instant, which updates by itself; the full date and time are in its title. */
export function RelativeTime({ instant }: { instant: string }) {
  const language = useLanguage()
  // The text is the snapshot, so a card renders again only when its text changes.
  const text = useSyncExternalStore(onTick, () => relativeText(instant, language, Date.now()))
  return (
    <time dateTime={instant} title={fullText(instant, language)}>
      {text}
    </time>
  )
}

// One interval serves all times on the page; it runs only while there are any.
const listeners = new Set<() => void>()
let interval: ReturnType<typeof setInterval> | undefined

function onTick(listener: () => void): () => void {
  listeners.add(listener)
  interval ??= setInterval(() => {
    for (const each of listeners) each()
  }, TICK_MS)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(interval)
    interval = undefined
  }
}

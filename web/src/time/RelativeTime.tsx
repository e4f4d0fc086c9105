import { useSyncExternalStore } from 'react'
import { type Language, useLanguage } from '../language/language.ts'

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const WEEK = 7 * DAY

/** A time as people say it, going on by itself; the full time is in its title. */
export function RelativeTime({ instant }: { instant: string }) {
  const language = useLanguage()
  // The text is the snapshot: a card renders again only when its words change.
  const text = useSyncExternalStore(onTick, () => relativeText(instant, language))
  return (
    <time dateTime={instant} title={fullText(instant, language)}>
      {text}
    </time>
  )
}

export function dayText(instant: string, language: Language): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'long' }).format(new Date(instant))
}

function relativeText(instant: string, language: Language): string {
  const format = relativeFormatOf(language)
  // A clock behind the server's must not make a post come from the future.
  const age = Math.max((Date.now() - Date.parse(instant)) / 1000, 0)
  if (age < 10) return format.format(0, 'second')
  if (age < MINUTE) return format.format(-Math.floor(age / 10) * 10, 'second')
  if (age < HOUR) return format.format(-Math.floor(age / MINUTE), 'minute')
  if (age < DAY) return format.format(-Math.floor(age / HOUR), 'hour')
  if (age < WEEK) return format.format(-Math.floor(age / DAY), 'day')
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium' }).format(new Date(instant))
}

function fullText(instant: string, language: Language): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'full', timeStyle: 'short' }).format(
    new Date(instant),
  )
}

const relativeFormats = new Map<Language, Intl.RelativeTimeFormat>()

function relativeFormatOf(language: Language): Intl.RelativeTimeFormat {
  let format = relativeFormats.get(language)
  if (format === undefined) {
    format = new Intl.RelativeTimeFormat(language, { numeric: 'auto' })
    relativeFormats.set(language, format)
  }
  return format
}

// One clock for all times on the page, and none when there are none.
const listeners = new Set<() => void>()
let clock: ReturnType<typeof setInterval> | undefined

function onTick(listener: () => void): () => void {
  listeners.add(listener)
  clock ??= setInterval(() => {
    for (const each of listeners) each()
  }, 5_000)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(clock)
    clock = undefined
  }
}

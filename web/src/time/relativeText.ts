import type { Language } from '@dailyfeed/contract/errors'

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const WEEK = 7 * DAY

/** `10 seconds ago` up to `6 days ago`, then the date. `now` is in milliseconds since the epoch. */
export function relativeText(instant: string, language: Language, now: number): string {
  const format = relativeFormatOf(language)
  const age = (now - Date.parse(instant)) / 1000
  // A browser whose clock is behind the server's computes a negative age; that reads "now" too.
  if (age < 10) return format.format(0, 'second')
  if (age < MINUTE) return format.format(-Math.floor(age / 10) * 10, 'second')
  if (age < HOUR) return format.format(-Math.floor(age / MINUTE), 'minute')
  if (age < DAY) return format.format(-Math.floor(age / HOUR), 'hour')
  if (age < WEEK) return format.format(-Math.floor(age / DAY), 'day')
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium' }).format(new Date(instant))
}

export const dayText = (instant: string, language: Language): string =>
  new Intl.DateTimeFormat(language, { dateStyle: 'long' }).format(new Date(instant))

export const fullText = (instant: string, language: Language): string =>
  new Intl.DateTimeFormat(language, { dateStyle: 'full', timeStyle: 'short' }).format(
    new Date(instant),
  )

const relativeFormats = new Map<Language, Intl.RelativeTimeFormat>()

function relativeFormatOf(language: Language): Intl.RelativeTimeFormat {
  let format = relativeFormats.get(language)
  if (format === undefined) {
    format = new Intl.RelativeTimeFormat(language, { numeric: 'auto' })
    relativeFormats.set(language, format)
  }
  return format
}

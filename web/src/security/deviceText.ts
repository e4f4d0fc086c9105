// The patterns go from specific to general, since most user agents also contain the names of other browsers and systems.
const BROWSERS = [
  ['Edge', /Edg(?:e|A|iOS)?\//],
  ['Whale', /Whale\//],
  ['Samsung Internet', /SamsungBrowser\//],
  ['Firefox', /Firefox\/|FxiOS\//],
  ['Chrome', /Chrome\/|CriOS\//],
  ['Safari', /Safari\//],
] as const
const SYSTEMS = [
  ['Android', /Android/],
  ['iOS', /iPhone|iPad|iPod/],
  ['Windows', /Windows/],
  ['macOS', /Mac OS X/],
  ['Linux', /Linux/],
] as const

const nameIn = (names: readonly (readonly [string, RegExp])[], userAgent: string) =>
  names.find(([, pattern]) => pattern.test(userAgent))?.[0]

/** `Chrome · Windows`; the first word of a user agent that is no known browser; undefined when there is none. */
export function deviceText(userAgent: string | null): string | undefined {
  if (userAgent === null || userAgent === '') return undefined
  const parts = [nameIn(BROWSERS, userAgent), nameIn(SYSTEMS, userAgent)].filter(
    (part) => part !== undefined,
  )
  return parts.length === 0 ? userAgent.split(/[/\s]/, 1)[0] : parts.join(' · ')
}

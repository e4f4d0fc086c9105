/** Browser and system as people call them; the tests go from the particular to the general, since each claims to be others too. */
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

const nameIn = (names: readonly (readonly [string, RegExp])[], text: string) =>
  names.find(([, form]) => form.test(text))?.[0]

/** `Chrome · Windows`; what is no browser by its own name; undefined where nothing was said. */
export function deviceText(userAgent: string | null): string | undefined {
  if (userAgent === null || userAgent === '') return undefined
  const parts = [nameIn(BROWSERS, userAgent), nameIn(SYSTEMS, userAgent)].filter(
    (part) => part !== undefined,
  )
  return parts.length === 0 ? userAgent.split(/[/\s]/, 1)[0] : parts.join(' · ')
}

import type { Language } from '@dailyfeed/contract/errors'

/** The stored choice, else the first of the browser's languages that the page supports, else Korean. */
export function initialLanguage(
  stored: string | undefined,
  browserLanguages: readonly string[],
): Language {
  if (stored === 'ko' || stored === 'en') return stored
  for (const tag of browserLanguages) {
    if (tag.startsWith('ko')) return 'ko'
    if (tag.startsWith('en')) return 'en'
  }
  return 'ko'
}

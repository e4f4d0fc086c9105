import type { Language } from '@dailyfeed/contract/errors'
import { readSetting, writeSetting } from '../store/setting.ts'
import { createStore, useStore } from '../store/store.ts'
import type { Dictionary } from './dictionary.ts'
import { en } from './en.ts'
import { initialLanguage } from './initialLanguage.ts'
import { ko } from './ko.ts'

const DICTIONARIES: Record<Language, Dictionary> = { ko, en }
/** Also read by public/first-paint.js. */
const STORAGE_KEY = 'dailyfeed.language'

const store = createStore(initialLanguage(readSetting(STORAGE_KEY), navigator.languages))
document.documentElement.lang = store.get()

export const currentLanguage = store.get
export const currentDictionary = (): Dictionary => DICTIONARIES[currentLanguage()]
export const onLanguageChange = store.subscribe

export function chooseLanguage(language: Language): void {
  document.documentElement.lang = language
  writeSetting(STORAGE_KEY, language)
  store.set(language)
}

export const useLanguage = (): Language => useStore(store)
export const useDictionary = (): Dictionary => DICTIONARIES[useLanguage()]

/** Formats a count in the page's language: `12,345`. */
export const useCountFormat = (): ((count: number) => string) => {
  const language = useLanguage()
  return (count) => count.toLocaleString(language)
}

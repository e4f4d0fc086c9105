import type { Language } from '@dailyfeed/contract/errors'
import { useSyncExternalStore } from 'react'
import { en } from './en.ts'
import { ko } from './ko.ts'

export type Dictionary = typeof en
export type { Language }

const DICTIONARIES: Record<Language, Dictionary> = { ko, en }
/** Also read by public/first-paint.js. */
const STORAGE_KEY = 'dailyfeed.language'

let current: Language = rememberedLanguage() ?? preferredLanguage()
const listeners = new Set<() => void>()
document.documentElement.lang = current

export const currentLanguage = (): Language => current
export const currentDictionary = (): Dictionary => DICTIONARIES[current]

export function chooseLanguage(language: Language): void {
  current = language
  document.documentElement.lang = language
  try {
    localStorage.setItem(STORAGE_KEY, language)
  } catch {
    // Storage is switched off: the choice holds until the page is left.
  }
  for (const listener of listeners) listener()
}

export function onLanguageChange(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export const useLanguage = (): Language => useSyncExternalStore(onLanguageChange, currentLanguage)
export const useDictionary = (): Dictionary => DICTIONARIES[useLanguage()]

/** 12,345 reads the same in both languages; the formatter is asked all the same. */
export const useCountFormat = (): ((count: number) => string) => {
  const language = useLanguage()
  return (count) => count.toLocaleString(language)
}

function rememberedLanguage(): Language | undefined {
  try {
    const value = localStorage.getItem(STORAGE_KEY)
    return value === 'ko' || value === 'en' ? value : undefined
  } catch {
    return undefined
  }
}

/** The first of the browser's languages that the page speaks; Korean where it speaks none. */
function preferredLanguage(): Language {
  for (const tag of navigator.languages) {
    if (tag.startsWith('ko')) return 'ko'
    if (tag.startsWith('en')) return 'en'
  }
  return 'ko'
}

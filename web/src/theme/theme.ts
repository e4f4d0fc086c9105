import { writeSetting } from '../store/setting.ts'
import { createStore, useStore } from '../store/store.ts'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

/** Also read by public/first-paint.js. */
const STORAGE_KEY = 'dailyfeed.theme'

const root = document.documentElement
const store = createStore<Theme>(themeOf(root.dataset.theme))

export function chooseTheme(theme: Theme): void {
  if (theme === 'system') delete root.dataset.theme
  else root.dataset.theme = theme
  writeSetting(STORAGE_KEY, theme === 'system' ? undefined : theme)
  store.set(theme)
}

export const useTheme = (): Theme => useStore(store)

/** first-paint.js sets the attribute before this module runs. */
function themeOf(attribute: string | undefined): Theme {
  return attribute === 'light' || attribute === 'dark' ? attribute : 'system'
}

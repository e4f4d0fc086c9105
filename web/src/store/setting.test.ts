import { afterEach, expect, test, vi } from 'vitest'
import { readSetting, writeSetting } from './setting.ts'

afterEach(() => vi.unstubAllGlobals())

test('a setting is stored, read and removed', () => {
  const stored = new Map<string, string>()
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
    removeItem: (key: string) => stored.delete(key),
  })
  writeSetting('theme', 'dark')
  expect(readSetting('theme')).toBe('dark')
  writeSetting('theme', undefined)
  expect(readSetting('theme')).toBeUndefined()
})

test('disabled storage causes no error', () => {
  const refuse = vi.fn(() => {
    throw new DOMException('storage is disabled', 'SecurityError')
  })
  vi.stubGlobal('localStorage', { getItem: refuse, setItem: refuse, removeItem: refuse })
  writeSetting('theme', 'dark')
  expect(readSetting('theme')).toBeUndefined()
  expect(refuse).toHaveBeenCalledTimes(2)
})

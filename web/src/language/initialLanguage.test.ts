import { expect, test } from 'vitest'
import { initialLanguage } from './initialLanguage.ts'

test.each([
  ['the stored choice wins', 'en', ['ko-KR'], 'en'],
  ['an unknown stored value is ignored', 'fr', ['en-GB'], 'en'],
  ['the first supported language of the browser wins', undefined, ['fr', 'en-US', 'ko'], 'en'],
  ['a browser without a supported language gets Korean', undefined, ['fr', 'de'], 'ko'],
] as const)('%s', (_title, stored, browserLanguages, expected) => {
  expect(initialLanguage(stored, browserLanguages)).toBe(expected)
})

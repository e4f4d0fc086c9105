import { expect, test } from 'vitest'
import { relativeText } from './relativeText.ts'

const NOW = Date.parse('2026-11-30T12:00:00.000Z')
const ago = (seconds: number) => new Date(NOW - seconds * 1000).toISOString()

test.each([
  [9, 'now'],
  [25, '20 seconds ago'],
  [60, '1 minute ago'],
  [59 * 60, '59 minutes ago'],
  [3 * 3_600, '3 hours ago'],
  [26 * 3_600, 'yesterday'],
  [6 * 86_400, '6 days ago'],
  [8 * 86_400, 'Nov 22, 2026'],
])('an instant %i seconds ago reads "%s"', (seconds, expected) => {
  expect(relativeText(ago(seconds), 'en', NOW)).toBe(expected)
})

test('an instant in the future, by the browser’s clock, reads "now"', () => {
  expect(relativeText(ago(-3_600), 'en', NOW)).toBe('now')
})

test('the text is in the given language', () => {
  expect(relativeText(ago(3 * 3_600), 'ko', NOW)).toBe('3시간 전')
})

import { expect, test } from 'vitest'
import { countCodePoints, truncate } from './typing.ts'

test.each([
  ['', 0],
  ['글', 1],
  ['😀!', 2],
])('%j has %i code points', (text, expected) => {
  expect(countCodePoints(text)).toBe(expected)
})

test('a text of the maximum length is not cut', () => {
  expect(truncate('abc', 3)).toBe('abc')
})

test('a cut does not split an emoji, and leaves no space before the ellipsis', () => {
  expect(truncate('😀😀😀', 2)).toBe('😀😀…')
  expect(truncate('ab cd', 3)).toBe('ab…')
})

import { expect, test } from 'vitest'
import { createKeyPerText } from './idempotencyKey.ts'

test('a retry of the same text keeps its key, and a changed text gets another', () => {
  const keys = createKeyPerText()
  const first = keys.keyFor('hello')
  expect(first).toMatch(/^[0-9a-f]{32}$/)
  expect(keys.keyFor('hello')).toBe(first)
  expect(keys.keyFor('hello!')).not.toBe(first)
})

test('after a success the same text gets another key', () => {
  const keys = createKeyPerText()
  const first = keys.keyFor('hello')
  keys.reset()
  expect(keys.keyFor('hello')).not.toBe(first)
})

import { expect, test } from 'vitest'
import { withQuery } from './withQuery.ts'

test('parameters without a value are left out, and zero is kept', () => {
  const parameters = { page: 0, cursor: undefined, keyword: '', size: 20 }
  expect(withQuery('/api/posts', parameters)).toBe('/api/posts?page=0&size=20')
})

test('values are encoded', () => {
  expect(withQuery('/api/search', { keyword: 'a&b 글' })).toBe(
    '/api/search?keyword=a%26b+%EA%B8%80',
  )
})

test('a path without parameters has no question mark', () => {
  expect(withQuery('/api/posts', {})).toBe('/api/posts')
})

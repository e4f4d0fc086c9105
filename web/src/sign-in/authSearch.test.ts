import { localPathOf } from '@dailyfeed/contract/local-path'
import { expect, test } from 'vitest'
import { authSearch, problemSearch } from './authSearch.ts'

test('known values are kept', () => {
  const search = { returnTo: '/popular', reason: 'expired', problem: 'provider_expired' }
  expect(authSearch(search)).toEqual(search)
})

test('unknown values are left out', () => {
  expect(authSearch({ returnTo: 7, reason: 'because', problem: ['provider_expired'] })).toEqual({})
  expect(problemSearch({ problem: 'toString' })).toEqual({})
})

test.each([
  ['/popular', '/popular'],
  ['/search?keyword=a#b', '/search?keyword=a#b'],
  [undefined, '/'],
  ['', '/'],
  ['https://evil.example', '/'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['/a\r\nb', '/'],
])('a sign-in that returns to %j leads to %j', (returnTo, expected) => {
  expect(localPathOf(returnTo)).toBe(expected)
})

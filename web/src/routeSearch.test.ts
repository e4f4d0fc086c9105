import { expect, test } from 'vitest'
import { keywordSearch, linkedCommentSearch, tabSearch } from './routeSearch.ts'

test.each([
  [{ tab: 'followings' }, { tab: 'followings' }],
  [{ tab: 'strangers' }, {}],
  [{}, {}],
])('the tab of %j is %j', (search, expected) => {
  expect(tabSearch(search)).toEqual(expected)
})

test.each([
  [{ comment: 12 }, { comment: 12 }],
  [{ comment: '12' }, {}],
  [{ comment: 1.5 }, {}],
  [{ comment: 2 ** 60 }, {}],
])('the linked comment of %j is %j', (search, expected) => {
  expect(linkedCommentSearch(search)).toEqual(expected)
})

test.each([
  [
    { keyword: 'bread', tab: 'comments' },
    { keyword: 'bread', tab: 'comments' },
  ],
  [{ keyword: 2026 }, { keyword: '2026' }],
  [{ keyword: ['a'], tab: 'members' }, {}],
])('the search of %j is %j', (search, expected) => {
  expect(keywordSearch(search)).toEqual(expected)
})

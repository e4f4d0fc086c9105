import { expect, test } from 'vitest'
import {
  appendToPages,
  changeInPages,
  firstPageOf,
  itemsOf,
  onePageOf,
  type Pages,
  prependToPages,
} from './pages.ts'

interface Item {
  id: number
  text?: string
}

/** Pages with the given ids. */
const pagesOf = (...ids: number[][]): Pages<Item> => ({
  pages: ids.map((page) => ({
    content: page.map((id) => ({ id })),
    page: null,
    size: 20,
    hasNext: true,
    nextCursor: 'next',
  })),
  pageParams: ids.map((_, index) => (index === 0 ? '' : `cursor ${index}`)),
})

const idsOf = (data: Pages<Item> | undefined) =>
  data?.pages.map(({ content }) => content.map(({ id }) => id))

test('an item that comes again with a later page is listed once, at its first place', () => {
  expect(itemsOf(pagesOf([3, 2], [2, 1])).map(({ id }) => id)).toEqual([3, 2, 1])
  const versions = [{ content: [{ id: 1, text: 'new' }] }, { content: [{ id: 1, text: 'old' }] }]
  expect(itemsOf({ pages: versions })).toEqual([{ id: 1, text: 'new' }])
  expect(itemsOf(undefined)).toEqual([])
})

test('only the first page and its parameter are kept', () => {
  expect(firstPageOf(pagesOf([3], [2], [1]))).toEqual(pagesOf([3]))
})

test('a change replaces the item on every page that has it', () => {
  const changed = changeInPages(pagesOf([3, 2], [2, 1]), 2, (item) => ({ ...item, text: 'new' }))
  expect(changed?.pages.flatMap(({ content }) => content)).toEqual([
    { id: 3 },
    { id: 2, text: 'new' },
    { id: 2, text: 'new' },
    { id: 1 },
  ])
})

test('a change to undefined removes the item', () => {
  expect(idsOf(changeInPages(pagesOf([3, 2], [1]), 2, () => undefined))).toEqual([[3], [1]])
})

test('data without the item stays the same object', () => {
  const data = pagesOf([3])
  expect(changeInPages(data, 9, () => undefined)).toBe(data)
})

test('a new comment stands at the end of the last loaded page', () => {
  expect(idsOf(appendToPages(pagesOf([1], [2]), { id: 3 }))).toEqual([[1], [2, 3]])
  expect(appendToPages(undefined, { id: 3 })).toBeUndefined()
})

test('a notification that has grown moves to the top', () => {
  expect(idsOf(prependToPages(pagesOf([3, 2], [1]), { id: 1 }))).toEqual([[1, 3, 2], []])
  expect(prependToPages<Item>(undefined, { id: 1 })).toBeUndefined()
})

test('a list of one page is complete', () => {
  expect(onePageOf([{ id: 1 }]).pages).toMatchObject([{ hasNext: false, nextCursor: null }])
})

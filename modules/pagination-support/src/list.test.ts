import { ValidationError } from '@dailyfeed/contract/errors'
import { MAX_ANSWER_BYTES } from '@dailyfeed/contract/limits'
import { expect, test } from 'vitest'
import { loadByIds } from './by-ids.ts'
import { createCursors, cursorOf } from './cursor.ts'
import { listRequestOf, toScroll } from './list.ts'

const cursors = createCursors('the-cursor-key-of-a-test')
const cursor = cursorOf('number')
const requestOf = (query: { page?: number; size?: number; cursor?: string }) =>
  listRequestOf(query, 'list', cursors, { cursor })

test.each([
  { page: 99, size: 100 },
  { page: 499, size: 20 },
  { page: 9_999, size: 1 },
  { page: 499 },
])('the last page within 10,000 items is accepted: %j', (query) => {
  expect(requestOf(query).page).toBe(query.page)
})

test.each([
  { page: 100, size: 100 },
  { page: 500, size: 20 },
  { page: 10_000, size: 1 },
  { page: 1_000_000, size: 100 },
  { page: 500 },
])('a page beyond 10,000 items is refused with the advice to use a cursor: %j', (query) => {
  expect(() => requestOf(query)).toThrow(ValidationError)
  expect(() => requestOf(query)).toThrow('send the nextCursor of the last page as cursor')
})

test('a list of costly items has a lower limit, and any list goes on by cursor', () => {
  const options = { cursor, maxItemsByPage: 100 }
  expect(() => listRequestOf({ page: 5, size: 20 }, 'list', cursors, options)).toThrow('first 100')
  const after = cursors.encode('list', [12_345])
  expect(listRequestOf({ cursor: after }, 'list', cursors, options).after).toEqual([12_345])
})

/** Emoji have four bytes each, control characters six when they are escaped. */
const LARGE = '👩'.repeat(5_000)
const ESCAPED = '\u0001'.repeat(5_000)

test.each([LARGE, ESCAPED])(
  'pages by cursor hold 2 MiB at most, and together every item once',
  (text) => {
    const rows = Array.from({ length: 250 }, (_, n) => ({ id: n + 1, text }))
    const seen: number[] = []
    let query: { size: number; cursor?: string } = { size: 100 }
    for (;;) {
      const request = requestOf(query)
      const rest = rows.filter(({ id }) => id > (request.after?.[0] ?? 0)).slice(0, 101)
      const page = toScroll(
        rest,
        request,
        cursors,
        ({ id }) => [id],
        (row) => row,
      )
      expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThanOrEqual(MAX_ANSWER_BYTES)
      seen.push(...page.content.map(({ id }) => id))
      if (page.nextCursor === null) break
      query = { size: 100, cursor: page.nextCursor }
    }
    expect(seen).toEqual(rows.map(({ id }) => id))
  },
)

test('a page by number is never shortened, since the next one begins at a fixed place', () => {
  const rows = Array.from({ length: 101 }, (_, n) => ({ id: n + 1, text: ESCAPED }))
  const page = toScroll(
    rows,
    requestOf({ page: 0, size: 100 }),
    cursors,
    ({ id }) => [id],
    (row) => row,
  )
  expect(page.content).toHaveLength(100)
})

test('items by ids are loaded 100 at a time, and refused as a whole beyond 2 MiB', async () => {
  const loaded: number[] = []
  const load = (text: string) => async (ids: readonly number[]) => {
    loaded.push(ids.length)
    return ids.map((id) => ({ id, text }))
  }
  const ids = Array.from({ length: 250 }, (_, n) => n + 1)
  const items = await loadByIds([...ids, 1, 2], load('short'))
  expect([items.map(({ id }) => id), loaded.splice(0)]).toEqual([ids, [100, 100, 50]])
  await expect(loadByIds(ids, load(LARGE))).rejects.toThrow('Please ask for fewer ids at once')
  expect(loaded).toEqual([100, 100])
})

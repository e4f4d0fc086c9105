import { beforeAll, expect, test } from 'vitest'
import { type Member, newMember } from './client.ts'

let author: Member
let reader: Member
const written: number[] = []

beforeAll(async () => {
  ;[author, reader] = [await newMember(), await newMember()]
  await reader.ask('POST', `/api/members/follow/${author.id}`)
  for (let n = 0; n < 25; n += 1)
    written.unshift((await author.ask('POST', '/api/posts', { content: `post ${n}` })).body.data.id)
})

const idsOf = (body: { data: { content: { id: number }[] } }) =>
  body.data.content.map(({ id }) => id)

test('a list pages by page, and by cursor with page null; both show the same items in the same order', async () => {
  const byPage: number[] = []
  for (let page = 0; ; page += 1) {
    const { body } = await reader.ask('GET', `/api/timeline/posts/followings?page=${page}&size=10`)
    expect(body.data).toMatchObject({ page, size: 10, hasNext: page < 2 })
    byPage.push(...idsOf(body))
    if (!body.data.hasNext) break
  }
  const byCursor: number[] = []
  let query = 'size=10'
  for (let first = true; ; first = false) {
    const { body } = await reader.ask('GET', `/api/timeline/posts/followings?${query}`)
    if (!first) expect(body.data.page).toBeNull()
    byCursor.push(...idsOf(body))
    if (!body.data.hasNext) break
    query = `size=10&cursor=${body.data.nextCursor}`
  }
  expect(byPage).toEqual(written)
  expect(byCursor).toEqual(written)
})

test('a cursor walk neither repeats nor skips while posts are written and deleted under it', async () => {
  const { body: first } = await reader.ask('GET', '/api/timeline/posts/followings?size=10')
  await author.ask('POST', '/api/posts', { content: 'new one' })
  await author.ask('DELETE', `/api/posts/${written[12]}`)
  const { body: second } = await reader.ask(
    'GET',
    `/api/timeline/posts/followings?size=10&cursor=${first.data.nextCursor}`,
  )
  expect([...idsOf(first), ...idsOf(second)]).toEqual(
    written.filter((_, at) => at !== 12).slice(0, 20),
  )
})

test('a cursor of another list, another member, another hand, or none at all is 400', async () => {
  const { body } = await reader.ask('GET', '/api/timeline/posts/followings?size=10')
  const cursor: string = body.data.nextCursor
  const refused = [
    await reader.ask('GET', `/api/timeline/posts/authors/${author.id}?cursor=${cursor}`),
    await author.ask('GET', `/api/timeline/posts/followings?cursor=${cursor}`),
    await reader.ask('GET', `/api/timeline/posts/followings?cursor=${cursor.slice(0, -2)}xx`),
    await reader.ask('GET', '/api/timeline/posts/followings?cursor=nonsense'),
    await reader.ask('GET', '/api/timeline/posts/followings?cursor='),
  ]
  expect(refused.map(({ status, body }) => [status, body.code])).toEqual(
    Array(5).fill([400, 'VALIDATION_FAILED']),
  )
})

test.each([
  'page=-1',
  'page=abc',
  'page=1.5',
  'size=0',
  'size=101',
  'size=1e9',
  'page=0&page=1',
  'page=99999999999999999999',
])('%s is 400 and names the field', async (query) => {
  const { status, body } = await reader.ask(
    'GET',
    `/api/timeline/posts/followings?${query}`,
    undefined,
    { 'accept-language': 'en' },
  )
  expect([status, body.code]).toEqual([400, 'VALIDATION_FAILED'])
  expect(['page', 'size']).toContain(body.errors[0].field)
})

test('a page beyond the end is empty, with nothing after it', async () => {
  const { status, body } = await reader.ask(
    'GET',
    '/api/timeline/posts/followings?page=999&size=100',
  )
  expect([status, body.data.content, body.data.hasNext]).toEqual([200, [], false])
})

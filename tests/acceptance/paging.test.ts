import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, expect, inject, test } from 'vitest'
import { ask } from '../http-client.ts'
import { gateway, type Member, newMember } from './client.ts'

const run = promisify(execFile)

let author: Member
let reader: Member
const written: number[] = []

beforeAll(async () => {
  ;[author, reader] = [await newMember(), await newMember()]
  await ask(reader, { method: 'POST', url: `/api/members/follow/${author.id}` })
  for (let n = 0; n < 25; n += 1)
    written.unshift(
      (await ask(author, { url: '/api/posts', body: { content: `post ${n}` } })).body.data.id,
    )
})

const idsOf = (body: { data: { content: { id: number }[] } }) =>
  body.data.content.map(({ id }) => id)

test('paging by number and by cursor return the same items in the same order', async () => {
  const byPage: number[] = []
  for (let page = 0; ; page += 1) {
    const { body } = await ask(reader, {
      url: `/api/timeline/posts/followings?page=${page}&size=10`,
    })
    expect(body.data).toMatchObject({ page, size: 10, hasNext: page < 2 })
    byPage.push(...idsOf(body))
    if (!body.data.hasNext) break
  }
  const byCursor: number[] = []
  let query = 'size=10'
  for (let first = true; ; first = false) {
    const { body } = await ask(reader, { url: `/api/timeline/posts/followings?${query}` })
    if (!first) expect(body.data.page).toBeNull()
    byCursor.push(...idsOf(body))
    if (!body.data.hasNext) break
    query = `size=10&cursor=${body.data.nextCursor}`
  }
  expect(byPage).toEqual(written)
  expect(byCursor).toEqual(written)
})

test('paging by cursor neither repeats nor skips items while posts are written and deleted', async () => {
  const { body: first } = await ask(reader, { url: '/api/timeline/posts/followings?size=10' })
  await ask(author, { url: '/api/posts', body: { content: 'new one' } })
  await ask(author, { method: 'DELETE', url: `/api/posts/${written[12]}` })
  const { body: second } = await ask(reader, {
    url: `/api/timeline/posts/followings?size=10&cursor=${first.data.nextCursor}`,
  })
  expect([...idsOf(first), ...idsOf(second)]).toEqual(
    written.filter((_, index) => index !== 12).slice(0, 20),
  )
})

test('a cursor of another list or member, a forged one and nonsense are answered with 400', async () => {
  const { body } = await ask(reader, { url: '/api/timeline/posts/followings?size=10' })
  const cursor: string = body.data.nextCursor
  const refused = [
    await ask(reader, { url: `/api/timeline/posts/authors/${author.id}?cursor=${cursor}` }),
    await ask(author, { url: `/api/timeline/posts/followings?cursor=${cursor}` }),
    await ask(reader, { url: `/api/timeline/posts/followings?cursor=${cursor.slice(0, -2)}xx` }),
    await ask(reader, { url: '/api/timeline/posts/followings?cursor=nonsense' }),
    await ask(reader, { url: '/api/timeline/posts/followings?cursor=' }),
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
])('%s is answered with 400 and the name of the field', async (query) => {
  const { status, body } = await ask(reader, {
    url: `/api/timeline/posts/followings?${query}`,
    headers: { 'accept-language': 'en' },
  })
  expect([status, body.code]).toEqual([400, 'VALIDATION_FAILED'])
  expect(['page', 'size']).toContain(body.errors[0].field)
})

test('a page beyond the end is empty and has no next page', async () => {
  const { status, body } = await ask(reader, {
    url: '/api/timeline/posts/followings?page=99&size=100',
  })
  expect([status, body.data.content, body.data.hasNext]).toEqual([200, [], false])
})

interface Operation {
  parameters?: { name: string; in: string; required?: boolean }[]
}

/** A value for each parameter that an operation requires beside its page. */
const VALUES: Record<string, string> = {
  startDate: '2026-01-01',
  endDate: '2026-12-31',
  keyword: 'x',
}

/** The addresses of all lists that the API documents, with the parameters that they require. */
async function documentedLists(): Promise<string[]> {
  const { body } = await ask(gateway(), { url: '/openapi.json' })
  return Object.entries<{ get?: Operation }>(body.paths).flatMap(([path, { get }]) => {
    const parameters = get?.parameters ?? []
    if (!parameters.some(({ name }) => name === 'page' || name === 'cursor' || name === 'size'))
      return []
    const required = parameters.filter((one) => one.in === 'query' && one.required === true)
    const query = required.map(({ name }) => `${name}=${VALUES[name]}`).join('&')
    return [
      `${path.replaceAll(/\{(?:postId|commentId)\}/g, '1').replaceAll(/\{\w+\}/g, String(author.id))}?${query}`,
    ]
  })
}

test('every list refuses a page number beyond 10,000 items and names the cursor', async () => {
  await run(
    process.execPath,
    ['cli/src/main.ts', 'members', 'grant-admin', '--handle', reader.handle],
    {
      cwd: join(import.meta.dirname, '..', '..'),
      env: { PATH: process.env['PATH'], DATA_DIR: inject('platformDataDir') },
    },
  )
  const lists = await documentedLists()
  expect(lists.length).toBeGreaterThanOrEqual(25)
  const accepted: string[] = []
  for (const list of lists) {
    const { status, body } = await ask(reader, {
      url: `${list}&page=101&size=100`,
      headers: { 'accept-language': 'en' },
    })
    if (status !== 400 || !/nextCursor.* as cursor/.test(body.message))
      accepted.push(`${list}: ${status}`)
  }
  expect(accepted).toEqual([])
})

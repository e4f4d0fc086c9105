import { MAX_ANSWER_BYTES } from '@dailyfeed/contract/limits'
import { insertFollow, insertMember } from '@dailyfeed/tests/members'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TimelineFixture, timelineFixture } from '../timeline-fixture.ts'

/** JSON escapes a control character with six bytes: an answer holds 69 of these posts. */
const POSTS = 150

let timeline: TimelineFixture
let reader: number
let author: number
let ids: number[]

beforeAll(async () => {
  timeline = await timelineFixture()
  const { sql } = timeline
  reader = await insertMember(sql, 'reader')
  author = await insertMember(sql, 'author')
  await insertFollow(sql, reader, author)
  const rows = await sql<{ id: number }[]>`
    insert into content.post (author_id, content)
    select ${author}, repeat(chr(1), 5000) from generate_series(1, ${POSTS}::int) returning id`
  ids = rows.map(({ id }) => Number(id)).toReversed()
})
afterAll(() => timeline.close())

const ask = (url: string, payload?: object) =>
  timeline.ask(reader, url, payload, { 'accept-language': 'en' })

/** The ids of all pages by cursor. Each page must be within the bytes of an answer. */
async function readByCursor(url: string): Promise<number[]> {
  const seen: number[] = []
  let cursor = ''
  for (;;) {
    const { status, body } = await ask(`${url}&size=100${cursor}`)
    expect(status).toBe(200)
    expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThanOrEqual(MAX_ANSWER_BYTES)
    seen.push(...body.data.content.map(({ id }: { id: number }) => id))
    if (!body.data.hasNext) return seen
    cursor = `&cursor=${body.data.nextCursor}`
  }
}

test('posts by ids beyond 2 MiB are refused, with the advice to ask for fewer', async () => {
  const url = '/api/timeline/posts/query/list'
  const { status, body } = await ask(url, { ids })
  expect([status, body.code]).toEqual([400, 'VALIDATION_FAILED'])
  expect(body.errors).toEqual([
    {
      field: 'ids',
      message: 'The answer would be larger than 2 MiB. Please ask for fewer ids at once.',
    },
  ])
  const fewer = await ask(url, { ids: ids.slice(0, 60) })
  expect(fewer.body.data.map(({ id }: { id: number }) => id)).toEqual(ids.slice(0, 60))
})

test.each([
  ['following feed, from the cache and from the database', '/api/timeline/posts/followings?'],
  ['posts of an author', '/api/timeline/posts/authors/AUTHOR?'],
  ['posts of a period', '/api/timeline/posts/date-range?startDate=2020-01-01&endDate=2099-12-31'],
  ['ranking', '/api/timeline/posts/most-popular?window=all'],
])('%s: pages by cursor end at 2 MiB, and together show every post once', async (_, url) => {
  const seen = await readByCursor(url.replace('AUTHOR', String(author)))
  expect(seen.toSorted((a, b) => b - a)).toEqual(ids)
})

test.each([
  ['/api/timeline/posts/followings'],
  ['/api/timeline/posts/date-range?startDate=2020-01-01&endDate=2099-12-31'],
])('%s: a page by number beyond 2 MiB is refused, a smaller one is answered', async (list) => {
  const url = list.includes('?') ? `${list}&page=0` : `${list}?page=0`
  const refused = await ask(`${url}&size=100`)
  expect([refused.status, refused.body.errors?.[0].field]).toEqual([400, 'size'])
  const { status, body } = await ask(`${url}&size=50`)
  expect([status, body.data.content.length]).toEqual([200, 50])
})

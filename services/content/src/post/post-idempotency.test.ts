import { ask } from '@dailyfeed/tests/http-client'
import { eventually } from '@dailyfeed/tests/eventually'
import { insertMember } from '@dailyfeed/tests/members'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ContentFixture, contentFixture } from '../content-fixture.ts'

let content: ContentFixture
let minji: number
let junho: number

beforeAll(async () => {
  content = await contentFixture()
  minji = await insertMember(content.database.sql, 'minji')
  junho = await insertMember(content.database.sql, 'junho')
})
afterAll(() => content.close())

const write = (key: string, text: string, memberId = minji) =>
  ask(content.client, {
    as: memberId,
    url: '/api/posts',
    body: { content: text },
    headers: { 'idempotency-key': key },
  })
const countPosts = async (text: string) =>
  (
    await content.database
      .sql`select count(*)::int as posts from content.post where content = ${text}`
  )[0]?.['posts']
const countWaiting = async () =>
  (
    await content.database.sql`
      select from pg_stat_activity
      where application_name = 'content-test' and wait_event_type = 'Lock'
        and datname = current_database()`
  ).length
const countEvents = async (postId: number) =>
  (
    await content.database
      .sql`select count(*)::int as events from content.outbox where post_id = ${postId}`
  )[0]?.['events']

test('a repeated key and body get the first response again byte for byte: one post, one event', async () => {
  const first = await write('once', '한 번만 "쓴" 글')
  const again = await write('once', '한 번만 "쓴" 글')
  expect([first.status, again.status]).toEqual([201, 201])
  expect(JSON.stringify(again.body)).toBe(JSON.stringify(first.body))
  expect(await countPosts('한 번만 "쓴" 글')).toBe(1)
  expect(await countEvents(first.body.data.id)).toBe(1)
})

test('a key with another body or path is 422 IDEMPOTENCY_KEY_REUSED and has no effect', async () => {
  await write('reused', 'first')
  const other = await write('reused', 'second')
  expect([other.status, other.body.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED'])
  const post = (await write('of a post', 'to like')).body.data.id
  const elsewhere = await ask(content.client, {
    as: minji,
    method: 'POST',
    url: `/api/posts/${post}/like`,
    headers: {
      'idempotency-key': 'reused',
    },
  })
  expect([elsewhere.status, elsewhere.body.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED'])
  expect(await countPosts('second')).toBe(0)
})

test('two members may use the same key independently', async () => {
  const [mine, theirs] = [
    await write('shared', 'same words'),
    await write('shared', 'same words', junho),
  ]
  expect([mine.status, theirs.status]).toEqual([201, 201])
  expect(mine.body.data.id).not.toBe(theirs.body.data.id)
})

test('a refused request does not consume its key', async () => {
  const headers = { 'idempotency-key': 'refused first' }
  const post = (await write('for a refusal', 'soon liked')).body.data.id
  const missing = await ask(content.client, {
    as: minji,
    method: 'POST',
    url: `/api/posts/${post + 1}/like`,
    headers,
  })
  expect(missing.status).toBe(404)
  const liked = await ask(content.client, {
    as: minji,
    method: 'POST',
    url: `/api/posts/${post}/like`,
    headers,
  })
  expect(liked.status).toBe(200)
  const repeated = await ask(content.client, {
    as: minji,
    method: 'POST',
    url: `/api/posts/${post}/like`,
    headers,
  })
  expect([repeated.status, repeated.body.data]).toEqual([200, true])
  const second = await ask(content.client, {
    as: minji,
    method: 'POST',
    url: `/api/posts/${post}/like`,
    headers: {
      'idempotency-key': 'another',
    },
  })
  expect([second.status, second.body.code]).toEqual([400, 'POST_LIKE_ALREADY_EXISTS'])
})

test('a repeated key creates a comment or reply once, inside of the transaction of the key', async () => {
  const post = (await write('commented', 'talk here')).body.data.id
  const comment = (text: string, key: string, parentId?: number) =>
    ask(content.client, {
      as: junho,
      url: parentId === undefined ? '/api/comments' : '/api/comments/replies',
      body: { postId: post, content: text, parentId },
      headers: { 'idempotency-key': key },
    })
  const [one, again] = [await comment('hi', 'c1'), await comment('hi', 'c1')]
  expect([one.status, again.body.data.id]).toEqual([201, one.body.data.id])
  const [reply, replied] = [
    await comment('yes', 'c2', one.body.data.id),
    await comment('yes', 'c2', one.body.data.id),
  ]
  expect([reply.status, replied.body.data.id]).toEqual([201, reply.body.data.id])
  const [counter] = await content.database
    .sql`select comment_count from content.post_counter where post_id = ${post}`
  expect(counter?.['comment_count']).toBe(2)
})

test.each(['', 'x'.repeat(256), '한글', 'tab\tinside'])(
  'a key other than 1 to 255 printable ASCII characters is 400 VALIDATION_FAILED (%j)',
  async (key) => {
    const { status, body } = await write(key, 'never written')
    expect([status, body.code, body.errors?.[0]?.field]).toEqual([
      400,
      'VALIDATION_FAILED',
      'Idempotency-Key',
    ])
    expect(await countPosts('never written')).toBe(0)
  },
)

test('a key can be used anew after 24 hours', async () => {
  const first = await write('of yesterday', 'again and again')
  await content.database
    .sql`update content.idempotency_key set created_at = now() - interval '23 hours 59 minutes' where key = 'of yesterday'`
  expect((await write('of yesterday', 'again and again')).body.data.id).toBe(first.body.data.id)
  await content.database
    .sql`update content.idempotency_key set created_at = now() - interval '24 hours 1 minute' where key = 'of yesterday'`
  const next = await write('of yesterday', 'other words')
  expect([next.status, next.body.data.id === first.body.data.id]).toEqual([201, false])
})

test('a duplicate waits while another process holds the key, and in the end is 409 with Retry-After', {
  timeout: 20_000,
}, async () => {
  const { sql } = content.database
  const held = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const holder = sql.begin(async (transaction) => {
    await transaction`
      insert into content.idempotency_key (owner, key, fingerprint)
      values (${`member:${minji}`}, 'held', '\\x00')`
    held.resolve()
    await released.promise
    throw new Error('the other process fails')
  })
  holder.catch(() => {})
  await held.promise
  const tooLate = await write('held', 'by whom')
  expect([tooLate.status, tooLate.body.code, tooLate.headers.get('retry-after')]).toEqual([
    409,
    'IDEMPOTENCY_KEY_IN_PROGRESS',
    '1',
  ])
  const next = write('held', 'by whom')
  await eventually('the next request waits for the key', countWaiting)
  released.resolve()
  expect((await next).status).toBe(201)
  expect(await countPosts('by whom')).toBe(1)
})

test('concurrent requests have one effect per key, and equal requests get one response', {
  timeout: 60_000,
}, async () => {
  let run = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 1 })), {
        minLength: 2,
        maxLength: 12,
      }),
      async (sent) => {
        run += 1
        const answers = await Promise.all(
          sent.map(async ([key, words]) => ({
            key,
            ...(await write(`run ${run} ${key}`, `run ${run} ${key} ${words}`)),
          })),
        )
        for (const key of new Set(sent.map(([one]) => one))) {
          const ofKey = answers.filter((answer) => answer.key === key)
          const made = ofKey.filter(({ status }) => status === 201)
          expect(new Set(made.map(({ body }) => JSON.stringify(body))).size).toBe(1)
          const rows = await content.database
            .sql`select id from content.post where content like ${`run ${run} ${key} %`}`
          expect(rows).toHaveLength(1)
          expect(
            ofKey.filter(({ status }) => status !== 201).every(({ status }) => status === 422),
          ).toBe(true)
        }
      },
    ),
    { numRuns: 25 },
  )
})

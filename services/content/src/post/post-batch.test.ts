import { ask } from '@dailyfeed/tests/http-client'
import { ROW_ID } from '@dailyfeed/contract/message-key'
import { createNewEventOf } from '@dailyfeed/outbox/outbox'
import { isTransientFault } from '@dailyfeed/postgres-support/fault'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { eventually } from '@dailyfeed/tests/eventually'
import { insertMember } from '@dailyfeed/tests/members'
import { startTcpProxy, type TcpProxy } from '@dailyfeed/tests/tcp-proxy'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ContentFixture, contentFixture } from '../content-fixture.ts'
import { createPostBatch, type PostBatch } from './post-batch.ts'
import type { NewPost } from './post.queries.ts'

const NOBODY = 999_999_999
const newEventOf = createNewEventOf('Asia/Seoul')

let content: ContentFixture
let sql: Sql
let authors: number[]
let proxy: TcpProxy
let pool: Sql
let batch: PostBatch

beforeAll(async () => {
  content = await contentFixture()
  sql = content.database.sql
  authors = await Promise.all(['minji', 'sora', 'dari'].map((handle) => insertMember(sql, handle)))
  // The database refuses one content, and takes half a second for one title.
  await sql`alter table content.post add constraint not_refused check (content <> 'refused')`
  await sql.unsafe(`
    create function content.take_long() returns trigger language plpgsql as $$ begin perform pg_sleep(0.5); return new; end $$;
    create trigger takes_long before insert on content.post for each row when (new.title = 'slow') execute function content.take_long()`)
  const url = new URL(content.database.urlOf('content'))
  proxy = await startTcpProxy({ port: Number(url.port) })
  url.port = String(proxy.port)
  pool = openPool({ url: url.href, max: 4, name: 'batch' })
  batch = createPostBatch(pool)
})
afterAll(async () => {
  await pool.end({ timeout: 1 })
  await proxy.stop()
  await content.close()
})

const authorOf = (n: number) => authors[n % authors.length] as number
const traceIdOf = (n: number) => (n + 1).toString(16).padStart(32, '0')
const traceparentOf = (n: number) => `00-${traceIdOf(n)}-b7ad6b7169203331-01`
const write = (
  n: number,
  text: string,
  headers: Record<string, string> = {},
  memberId = authorOf(n),
) =>
  ask(content.client, {
    as: memberId,
    url: '/api/posts',
    body: { title: `title ${n}`, content: text },
    headers: { traceparent: traceparentOf(n), ...headers },
  })

function newPost(text: string, title = ''): NewPost {
  const authorId = authorOf(0)
  return {
    event: newEventOf('POST_CREATE', { memberId: authorId, postId: ROW_ID }),
    authorId,
    title,
    content: text,
  }
}

const idsOf = async (pattern: string) =>
  (
    await sql<
      { id: number }[]
    >`select id from content.post where content like ${pattern} order by id`
  ).map(({ id }) => id)

const countRunningInserts = async () =>
  (
    await sql`
      select from pg_stat_activity
      where application_name = 'batch' and state = 'active' and query like '%merge into content.post%'`
  ).length

test('concurrent posts each get their own response, event, trace and pending deliveries', async () => {
  const answers = await Promise.all(Array.from({ length: 150 }, (_, n) => write(n, `at once ${n}`)))
  for (const [n, { status, body }] of answers.entries()) {
    expect(status).toBe(201)
    expect(body.data).toMatchObject({
      title: `title ${n}`,
      content: `at once ${n}`,
      authorId: authorOf(n),
    })
    expect(body.data.authorHandle).toBe(['minji', 'sora', 'dari'][n % 3])
  }
  const ids: number[] = answers.map(({ body }) => body.data.id)
  const kept = await sql<
    { id: number; content: string; author_id: number }[]
  >`select id, content, author_id from content.post where id = any (${ids}::bigint[])`
  const rowById = new Map(kept.map((row) => [row.id, row]))
  expect(ids.map((id) => rowById.get(id))).toEqual(
    ids.map((id, n) => ({ id, content: `at once ${n}`, author_id: authorOf(n) })),
  )
  const events = await sql<
    {
      post_id: number
      message_key: string
      traceparent: string
      member_id: number
      destinations: string[]
    }[]
  >`
    select post_id, message_key, traceparent, member_id, array_agg(destination order by destination) as destinations
    from content.outbox join content.outbox_pending using (event_id) where post_id = any (${ids}::bigint[]) group by 1, 2, 3, 4, event_id`
  expect(events).toHaveLength(ids.length)
  const eventByPost = new Map(events.map((event) => [event.post_id, event]))
  for (const [n, id] of ids.entries()) {
    expect(eventByPost.get(id)).toMatchObject({
      message_key: `member_activity:kafka_event:POST_CREATE###${id}###${authorOf(n)}`,
      member_id: authorOf(n),
      destinations: ['activity', 'search'],
    })
    expect(eventByPost.get(id)?.traceparent).toContain(traceIdOf(n))
  }
})

test('concurrent posts share few statements, and ids ascend in order of arrival in each of them', async () => {
  const rows = await Promise.all(
    Array.from({ length: 150 }, (_, n) => batch.insert(pool, newPost(`in order ${n}`))),
  )
  const ids = rows.map((row) => row?.id ?? 0)
  const statements = await sql<{ ids: number[] }[]>`
    select array_agg(id order by id) as ids from content.post where content like 'in order %' group by xmin::text`
  expect(statements.map((statement) => statement.ids.length).sort()).toEqual([22, 64, 64])
  for (const statement of statements)
    expect(ids.filter((id) => statement.ids.includes(id))).toEqual(statement.ids)
})

test('a refused post, or one of an author without an account, fails alone in its batch', async () => {
  const texts = Array.from({ length: 60 }, (_, n) => (n % 20 === 7 ? 'refused' : `beside ${n}`))
  const answers = await Promise.all(
    texts.map((text, n) => (n % 20 === 9 ? write(n, text, {}, NOBODY) : write(n, text))),
  )
  for (const [n, { status, body }] of answers.entries()) {
    if (n % 20 === 7) expect([n, status]).toEqual([n, 500])
    else if (n % 20 === 9) expect([n, status, body.code]).toEqual([n, 404, 'MEMBER_NOT_FOUND'])
    else expect([n, status, body.data?.content]).toEqual([n, 201, texts[n]])
  }
  const made = answers.filter(({ status }) => status === 201).map(({ body }) => body.data.id)
  expect(await idsOf('beside %')).toEqual(made.sort((a: number, b: number) => a - b))
  const [{ events }] = await sql<
    [{ events: number }]
  >`select count(*)::int as events from content.outbox where member_id = ${NOBODY}`
  expect(events).toBe(0)
})

test('a post with an Idempotency-Key is created in the transaction of its key', async () => {
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      write(n, `keyed ${n}`, n % 2 === 0 ? { 'idempotency-key': `key ${n}` } : {}),
    ),
  )
  expect(answers.every(({ status }) => status === 201)).toBe(true)
  const keyed = answers.filter((_, n) => n % 2 === 0).map(({ body }) => body.data.id as number)
  const shared = await sql`
    select post.id from content.post join content.idempotency_key key on key.xmin = post.xmin and key.answer like '%"id":' || post.id || ',%'
    where post.id = any (${keyed}::bigint[])`
  expect(shared).toHaveLength(keyed.length)
})

test('a statement whose connection is lost is not retried, so that no post exists twice', async () => {
  const outcomeOf = (post: NewPost) =>
    batch.insert(pool, post).then(
      () => 'WRITTEN',
      (error: unknown) => (isTransientFault(error) ? 'LOST' : error),
    )
  const lost = Array.from({ length: 10 }, (_, n) =>
    outcomeOf(newPost(`lost ${n}`, n === 5 ? 'slow' : '')),
  )
  await eventually('the statement runs', countRunningInserts)
  proxy.cut()
  expect(new Set(await Promise.all(lost))).toEqual(new Set(['LOST']))
  // The server completes the statement that it received although its client is gone.
  await eventually('the statement has ended', countRunningInserts, (running) => running === 0)
  await batch.settled()
  expect(await idsOf('lost %')).toHaveLength(10)
})

test('a post after a lost connection is written', async () => {
  expect((await batch.insert(pool, newPost('after')))?.content).toBe('after')
})

test('settled() resolves after every accepted post is written', async () => {
  const closing = openPool({ url: content.database.urlOf('content'), max: 4, name: 'closing' })
  const last = createPostBatch(closing)
  const outcomes = Promise.allSettled(
    Array.from({ length: 200 }, (_, n) => last.insert(closing, newPost(`closing ${n}`))),
  )
  await last.settled()
  await closing.end()
  expect((await outcomes).filter(({ status }) => status === 'rejected')).toEqual([])
  expect(await idsOf('closing %')).toHaveLength(200)
})

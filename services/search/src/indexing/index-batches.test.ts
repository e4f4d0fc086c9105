import { randomBytes } from 'node:crypto'
import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import { createLog } from '@dailyfeed/http-server/log'
import { Listener } from '@dailyfeed/event-listener/listener'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { activityEvent } from '@dailyfeed/tests/activity-events'
import { insertPost } from '@dailyfeed/tests/content-rows'
import { insertMember } from '@dailyfeed/tests/members'
import type { Sql } from 'postgres'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type SearchFixture, searchFixture } from '../search-fixture.ts'
import { catchUp } from './catch-up.service.ts'
import { indexPosts } from './indexing.service.ts'
import { keepPostIndex } from './indexing.listener.ts'

let search: SearchFixture
let sql: SearchFixture['database']['sql']
/** Statements of this pool have a second. */
let hurried: Sql
let author: number

beforeAll(async () => {
  search = await searchFixture()
  sql = search.database.sql
  hurried = openPool({
    url: search.database.urlOf('search'),
    max: 2,
    name: 'hurried',
    statementTimeout: 1_000,
  })
  author = await insertMember(sql, 'author')
  await sql.unsafe(`
    create table public.poison (post_id bigint);
    create function public.wait() returns trigger language plpgsql security definer as
      'begin if exists (select from public.poison where post_id = new.post_id) then perform pg_sleep(10); end if; return new; end';
    create trigger wait before insert on search.post_index for each row execute function public.wait()`)
})
beforeEach(() => sql`truncate search.post_index, content.post cascade`)
afterEach(() => sql`truncate public.poison, search.dead_letter`)
afterAll(async () => {
  await hurried.end({ timeout: 1 })
  await search.close()
})

/** A text of one word of the maximum length. */
const longWord = () =>
  Array.from(randomBytes(5_000), (byte) => String.fromCodePoint(0xac00 + byte * 43)).join('')
const insertPosts = async (count: number, text: () => string): Promise<number[]> => {
  const ids: number[] = []
  for (let n = 0; n < count; n += 1) ids.push(await insertPost(sql, author, { content: text() }))
  return ids
}
const poison = (postId: number) => sql`insert into public.poison values (${postId})`
const indexed = async () =>
  (await sql`select post_id from search.post_index order by post_id`).map(
    ({ post_id }) => post_id as number,
  )
const index = () => ({ sql: hurried, engine: search.index.engine })
const eventsOf = (postIds: readonly number[]): MemberActivityEvent[] =>
  postIds.map((postId) =>
    activityEvent(postId, { memberActivityType: 'POST_CREATE', memberId: author, postId }),
  )

test('long texts are indexed in transactions of at most 64 KiB of text', async () => {
  const ids = await insertPosts(60, longWord)
  expect(await indexPosts(search.index, ids)).toBe(60)
  const transactions = await sql<{ posts: number; bytes: number }[]>`
    select count(*)::int as posts, sum(octet_length(content))::int as bytes
    from search.post_index join content.post on id = post_id group by indexed_at`
  expect(transactions.reduce((sum, { posts }) => sum + posts, 0)).toBe(60)
  expect(transactions.length).toBeGreaterThanOrEqual(14)
  for (const { bytes } of transactions) expect(bytes).toBeLessThanOrEqual(64 * 1_024)
})

test('a repeated delivery indexes only what is missing', async () => {
  const ids = await insertPosts(10, () => '가을 하늘')
  expect(await indexPosts(search.index, ids.slice(0, 6))).toBe(6)
  expect(await indexPosts(search.index, ids)).toBe(4)
  expect(await indexPosts(search.index, ids)).toBe(0)
})

test('a post that cannot be indexed in time delays no other, and becomes a dead letter', async () => {
  const ids = await insertPosts(12, () => '가을 하늘')
  const slow = ids[5] as number
  await poison(slow)
  const listener = new Listener({
    sql: hurried,
    schema: 'search',
    handlers: [keepPostIndex(search.index.engine)],
    log: createLog('index-batches-test', 'silent'),
  })
  for (let delivery = 1; delivery <= 2; delivery += 1) {
    await expect(listener.handle(eventsOf(ids), 'test')).rejects.toThrow('statement timeout')
    expect(await indexed()).toEqual(ids.filter((id) => id !== slow))
  }
  expect(await listener.handle(eventsOf(ids), 'test')).toMatchObject({ deadLettered: 1 })
  const letters = await sql`select step, event_id from search.dead_letter`
  expect([...letters]).toEqual([{ step: 'posts', event_id: eventsOf([slow])[0]?.eventId }])
})

test('a catch-up indexes everything else and reports a post that cannot be indexed in time', async () => {
  const ids = await insertPosts(8, () => '가을 하늘')
  await poison(ids[3] as number)
  expect(await catchUp(index())).toEqual({ posts: 7, comments: 0, failed: 1 })
  expect(await indexed()).toEqual(ids.filter((_, n) => n !== 3))
  await sql`truncate public.poison`
  expect(await catchUp(index())).toEqual({ posts: 1, comments: 0 })
})

test('a search indexes at most 64 KiB of a member’s own new posts before it answers', async () => {
  const ids = await insertPosts(20, longWord)
  expect(await search.find(author, '가을')).toEqual([])
  const newest = await indexed()
  expect(newest.length).toBeGreaterThan(0)
  expect(newest.length).toBeLessThan(10)
  expect(ids.slice(-newest.length)).toEqual(newest)
})

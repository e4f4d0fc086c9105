import { WriteSignal } from '@dailyfeed/outbox/write-signal'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { createReadDatabase } from '@dailyfeed/postgres-support/read-database'
import {
  deleteFollow,
  insertBlock,
  insertFollow,
  insertMember,
  insertMemberEvent,
  insertMute,
} from '@dailyfeed/tests/members'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { histories } from '../histories-fixture.ts'
import { type TimelineFixture, timelineFixture } from '../timeline-fixture.ts'
import { deletePost, insertLike, insertPost, setCounts } from '../timeline-rows.ts'
import { findRemembered, playHistories } from './feed-histories-fixture.ts'
import { createMemory, type Memory } from './memory.ts'
import { MOST_MET } from './viewers.ts'

const FEED = '/api/timeline/posts/followings'
let timeline: TimelineFixture
let members = 0

beforeAll(async () => {
  timeline = await timelineFixture()
})
afterAll(() => timeline.close())

const newMember = (fields = {}) => insertMember(timeline.sql, `remembered${++members}`, fields)

const postsOf = async (memory: Memory, viewerId: number) =>
  (await findRemembered(memory, viewerId)) ?? []
const idsOf = async (memory: Memory, viewerId: number) =>
  (await postsOf(memory, viewerId)).map(({ id }) => id)

const log = { warn() {} }

/** A memory over pools that count what they are asked, or what of it names `counted`. */
function countingMemory(
  signal?: WriteSignal,
  options: { first?: number; newest?: number; counted?: string } = {},
): { memory: Memory; queries: () => number; close: () => Promise<void> } {
  const pool = openPool({ url: timeline.database.urlOf('timeline'), max: 2, name: 'memory-test' })
  let queries = 0
  const sql = new Proxy(pool, {
    apply(target, self, args) {
      if (String(args[0]).includes(options.counted ?? '')) queries += 1
      return Reflect.apply(target as never, self, args)
    },
  }) as Sql
  return {
    memory: createMemory({
      reads: createReadDatabase({ primary: sql, log }),
      primary: sql,
      signal,
      ...options,
    }),
    queries: () => queries,
    close: () => pool.end({ timeout: 1 }),
  }
}

test('while no writer of the process has written, a known page asks the database nothing; after a write it shows what was written', async () => {
  const signal = new WriteSignal()
  const { memory, queries, close } = countingMemory(signal)
  const [reader, author] = [await newMember(), await newMember()]
  await insertFollow(timeline.sql, reader, author)
  const first = await insertPost(timeline.sql, author)
  signal.increment()
  expect(await idsOf(memory, reader)).toEqual([first])
  const asked = queries()
  for (let n = 0; n < 50; n += 1) expect(await idsOf(memory, reader)).toEqual([first])
  expect(queries()).toBe(asked)
  const second = await insertPost(timeline.sql, author)
  signal.increment()
  expect(await idsOf(memory, reader)).toEqual([second, first])
  await close()
})

test('how the author of a post that is known stands to who has just come is asked where they have muted the author, and only there', async () => {
  const { memory, queries, close } = countingMemory(undefined, { counted: 'muted_id = any' })
  const [muter, other, author, muted] = [
    await newMember(),
    await newMember(),
    await newMember(),
    await newMember(),
  ]
  for (const reader of [muter, other])
    for (const followed of [author, muted]) await insertFollow(timeline.sql, reader, followed)
  await insertMute(timeline.sql, muter, muted)
  const [liked, hidden, plain] = [
    await insertPost(timeline.sql, author),
    await insertPost(timeline.sql, muted),
    await insertPost(timeline.sql, author),
  ]
  await insertLike(timeline.sql, liked, other)
  expect((await postsOf(memory, other)).map(({ id, liked }) => [id, liked])).toEqual([
    [plain, false],
    [hidden, false],
    [liked, true],
  ])
  expect(queries()).toBe(0)
  expect(await idsOf(memory, muter)).toEqual([plain, liked])
  expect(queries()).toBe(1)
  await close()
})

test('who mutes hundreds and likes hundreds sees what they would see without either list', async () => {
  const { sql } = timeline
  const { memory, close } = countingMemory()
  const [reader, author, muted] = [await newMember(), await newMember(), await newMember()]
  for (const followed of [author, muted]) await insertFollow(sql, reader, followed)
  const posts: number[] = []
  for (let n = 0; n < 2 * MOST_MET; n += 1) posts.unshift(await insertPost(sql, author))
  await insertPost(sql, muted)
  const even = posts.filter((_, place) => place % 2 === 0).concat(posts.slice(-10))
  await sql`insert into content.post_like (post_id, member_id) select unnest(${even}::bigint[]), ${reader} on conflict do nothing`
  for (let n = 0; n < MOST_MET; n += 1) await insertMute(sql, reader, await newMember())
  await insertMute(sql, reader, muted)
  const read = await findRemembered(memory, reader, posts.length)
  expect(read?.map(({ id, liked }) => [id, liked])).toEqual(
    posts.map((id) => [id, even.includes(id)]),
  )
  await close()
})

test('what nobody signalled is seen a second later', async () => {
  const { memory, close } = countingMemory(new WriteSignal())
  const [reader, author] = [await newMember(), await newMember()]
  await insertFollow(timeline.sql, reader, author)
  expect(await idsOf(memory, reader)).toEqual([])
  const post = await insertPost(timeline.sql, author)
  await expect.poll(() => idsOf(memory, reader), { timeout: 2_000 }).toEqual([post])
  await close()
})

test('a post that was begun first and committed last, inside a savepoint, is missed by no read after its commit', async () => {
  const { memory, close } = countingMemory()
  const [reader, author] = [await newMember(), await newMember()]
  await insertFollow(timeline.sql, reader, author)
  const another = await timeline.sql.reserve()
  await another`begin`
  await another`savepoint inner_one`
  const early = await insertPost(another as unknown as Sql, author)
  await another`release savepoint inner_one`
  const late = await insertPost(timeline.sql, author)
  expect(await idsOf(memory, reader)).toEqual([late])
  expect(await idsOf(memory, reader)).toEqual([late])
  await another`commit`
  another.release()
  expect(await idsOf(memory, reader)).toEqual([late, early])
  await close()
})

test('while nothing is committed a read asks no outbox; what was open meanwhile is seen as soon as it is', async () => {
  const { memory, queries, close } = countingMemory(undefined, { counted: 'outbox' })
  const [reader, author] = [await newMember(), await newMember()]
  await insertFollow(timeline.sql, reader, author)
  const expected: number[] = []
  const outboxesAsked = async () => {
    const before = queries()
    expect(await idsOf(memory, reader)).toEqual(expected)
    return queries() - before
  }
  for (let round = 0; round < 5; round += 1) {
    // Whoever else writes to the same server, as other tests do, is done sooner or later.
    await expect.poll(outboxesAsked, { interval: 1, timeout: 10_000 }).toBe(0)
    const another = await timeline.sql.reserve()
    await another`begin`
    const early = await insertPost(another as unknown as Sql, author)
    for (let n = 0; n < 3; n += 1) await outboxesAsked()
    if (round % 2 === 0) {
      expected.unshift(await insertPost(timeline.sql, author))
      for (let n = 0; n < 3; n += 1) await outboxesAsked()
    }
    await another`commit`
    another.release()
    expected.splice(round % 2 === 0 ? 1 : 0, 0, early)
    for (let n = 0; n < 3; n += 1) await outboxesAsked()
  }
  await close()
})

test('names, pictures, likes and counts are of the moment of the read, and the bytes are those of the ordinary answer', async () => {
  const [reader, author] = [await newMember(), await newMember()]
  await insertFollow(timeline.sql, reader, author)
  const ids: number[] = []
  for (const content of [
    '한글과 "따옴표"',
    'emoji 👩‍👩‍👧 \u2028 \\ / \b',
    '<script>&amp;</script>',
    'plain',
  ])
    ids.unshift(await insertPost(timeline.sql, author, { content, title: '제목' }))
  const { body } = await timeline.ask(reader, `${FEED}?size=2`)
  const fromMemory = await timeline.app.inject({
    url: `${FEED}?size=4`,
    headers: { authorization: await timeline.bearerOf(reader) },
  })
  // Beyond what a page may reach, the database answers, through the schema.
  const last = body.data.content.at(-1)
  const single = await timeline.ask(reader, `/api/timeline/posts/${last.id}`)
  expect(JSON.stringify(single.body.data)).toBe(JSON.stringify(last))
  const posts = await timeline.ask(reader, '/api/timeline/posts/query/list', { ids })
  const expected = { content: posts.body.data, page: 0, size: 4, hasNext: false, nextCursor: null }
  expect(fromMemory.body).toBe(JSON.stringify({ status: 200, result: 'SUCCESS', data: expected }))
  expect(fromMemory.headers['content-type']).toBe('application/json; charset=utf-8')

  await insertLike(timeline.sql, ids[0] ?? 0, reader)
  await setCounts(timeline.sql, ids[0] ?? 0, { likes: 1 })
  await timeline.sql`update member.member set member_name = '새 이름' where id = ${author}`
  await insertMemberEvent(timeline.sql, 'MEMBER_PROFILE_UPDATE', author)
  const next = await timeline.ask(reader, FEED)
  expect(next.body.data.content[0]).toMatchObject({
    id: ids[0],
    liked: true,
    likeCount: 1,
    authorName: '새 이름',
  })
  await timeline.sql`update member.member set privacy_level = 'PRIVATE' where id = ${author}`
  await insertMemberEvent(timeline.sql, 'MEMBER_PROFILE_UPDATE', author)
  expect((await timeline.ask(reader, FEED)).body.data.content).toEqual([])
})

test('whatever happens between reads, by whichever of two memories, every read is what SQL says at its moment', {
  timeout: histories.timeout,
}, async () => {
  // The other takes up older posts in the middle of a page, of which it remembers few.
  const [one, other] = [countingMemory(), countingMemory(undefined, { first: 2, newest: 4 })]
  const { deeper } = await playHistories(
    timeline.sql,
    { memory: (pick) => (pick % 3 === 0 ? other.memory : one.memory) },
    'player',
  )
  expect(deeper).toBe(0)
  await one.close()
  await other.close()
})

test('many readers and writers at once leave nothing behind in memory that the database does not say', {
  timeout: 120_000,
}, async () => {
  const { sql } = timeline
  const pool = openPool({ url: timeline.database.urlOf('timeline'), max: 4, name: 'memory-test' })
  const memory = createMemory({
    reads: createReadDatabase({ primary: pool, log }),
    primary: pool,
    signal: undefined,
    first: 3,
    newest: 5,
  })
  for (let round = 0; round < 5; round += 1) {
    const cast = await Promise.all(Array.from({ length: 6 }, () => newMember()))
    const readers = cast.slice(0, 3)
    for (const reader of readers)
      for (const author of cast.slice(3)) await insertFollow(sql, reader, author)
    const posts: number[] = []
    let isOver = false
    const reading = readers.map(async (reader) => {
      while (!isOver) await memory.followedPosts(reader, { before: undefined, skip: 0, size: 20 })
    })
    const writing = Array.from({ length: 3 }, async (_, writer) => {
      for (let n = 0; n < 30; n += 1) {
        const author = cast[3 + ((writer + n) % 3)] as number
        const reader = readers[n % 3] as number
        if (n % 5 < 2) posts.push(await insertPost(sql, author))
        else if (n % 5 === 2) await deletePost(sql, posts[n % posts.length] ?? 0)
        else if (n % 5 === 3) await (n % 2 === 0 ? deleteFollow : insertFollow)(sql, reader, author)
        else {
          await sql`update member.member set member_name = ${`name ${writer} ${n}`} where id = ${author}`
          await insertMemberEvent(sql, 'MEMBER_PROFILE_UPDATE', author)
        }
      }
    })
    await Promise.all(writing)
    isOver = true
    await Promise.all(reading)
    for (const reader of readers) {
      const truth = await sql<{ id: number; name: string }[]>`
        select post.id, author.member_name as name
        from content.post join member.follow on following_id = author_id and follower_id = ${reader} join member.public_profile author on author.member_id = author_id
        where deleted_at is null order by post.id desc limit 20`
      expect(
        (await postsOf(memory, reader)).map(({ id, authorName: name }) => ({ id, name })),
      ).toEqual([...truth])
    }
  }
  await pool.end({ timeout: 1 })
})

test('being blocked, and losing a friend whose posts are for friends, show in the very next read too', async () => {
  const { memory, close } = countingMemory()
  const [reader, author, friend] = [
    await newMember(),
    await newMember(),
    await newMember({ privacyLevel: 'FRIENDS_ONLY' }),
  ]
  for (const followed of [author, friend]) await insertFollow(timeline.sql, reader, followed)
  await insertFollow(timeline.sql, friend, reader)
  const [open, secret] = [
    await insertPost(timeline.sql, author),
    await insertPost(timeline.sql, friend),
  ]
  expect(await idsOf(memory, reader)).toEqual([secret, open])
  await deleteFollow(timeline.sql, friend, reader)
  expect(await idsOf(memory, reader)).toEqual([open])
  await insertBlock(timeline.sql, author, reader)
  expect(await idsOf(memory, reader)).toEqual([])
  await close()
})

/** A memory whose look-ups that name `text` come back, once they are held, when they are released. */
function heldMemory(
  text: string,
  options: { first?: number; newest?: number } = {},
): { memory: Memory; hold(): () => void; close: () => Promise<void> } {
  const pool = openPool({ url: timeline.database.urlOf('timeline'), max: 4, name: 'memory-test' })
  let held: Promise<void> | undefined
  let isHeld = false
  const slow = new Proxy(pool, {
    apply(target, self, args) {
      const asked = Reflect.apply(target as never, self, args) as Promise<unknown>
      const gate = held
      if (gate === undefined || !String(args[0]).includes(text)) return asked
      isHeld = true
      return asked.then((rows) => gate.then(() => rows))
    },
  }) as Sql
  return {
    memory: createMemory({
      reads: createReadDatabase({ primary: slow, log }),
      primary: slow,
      signal: undefined,
      ...options,
    }),
    hold() {
      let release = () => {}
      held = new Promise((resolve) => {
        release = resolve
      })
      return () => {
        expect(isHeld).toBe(true)
        held = undefined
        release()
      }
    },
    close: () => pool.end({ timeout: 1 }),
  }
}

test('what was looked up before an act, and came back after it, does not stay', async () => {
  const { memory, hold, close } = heldMemory('post_counter')
  const [reader, other, author] = [await newMember(), await newMember(), await newMember()]
  await insertFollow(timeline.sql, reader, author)
  const [stays, goes] = [
    await insertPost(timeline.sql, author),
    await insertPost(timeline.sql, author),
  ]
  expect(await idsOf(memory, other)).toEqual([])
  const release = hold()
  const early = idsOf(memory, reader)
  await new Promise((resolve) => setTimeout(resolve, 300))
  await deletePost(timeline.sql, goes)
  expect(await idsOf(memory, other)).toEqual([])
  release()
  expect(await early).toEqual([goes, stays])
  expect(await idsOf(memory, reader)).toEqual([stays])
  await close()
})

test('a post that is committed while older ones are taken up, among those, is not passed over', async () => {
  const { memory, hold, close } = heldMemory('from newest cross join lateral', {
    first: 2,
    newest: 2,
  })
  const [reader, author] = [await newMember(), await newMember()]
  await insertFollow(timeline.sql, reader, author)
  const oldest = await insertPost(timeline.sql, author)
  const another = await timeline.sql.reserve()
  await another`begin`
  const late = await insertPost(another as unknown as Sql, author)
  const newer: number[] = []
  for (let n = 0; n < 3; n += 1) newer.unshift(await insertPost(timeline.sql, author))
  expect(await findRemembered(memory, reader, 1)).toMatchObject([{ id: newer[0] }])
  const release = hold()
  const early = findRemembered(memory, reader, 3)
  await new Promise((resolve) => setTimeout(resolve, 300))
  await another`commit`
  another.release()
  // Hears of it, and finds it below all that is remembered so far.
  expect(await findRemembered(memory, reader, 1)).toMatchObject([{ id: newer[0] }])
  release()
  await early
  expect(await idsOf(memory, reader)).toEqual([...newer, late, oldest])
  await close()
})

test('a post that is heard of while the newest posts of everybody are looked up is among them', async () => {
  const { memory, hold, close } = heldMemory(
    '(select id, author_id from content.post where deleted_at is null',
  )
  const [reader, other, author] = [await newMember(), await newMember(), await newMember()]
  for (const follower of [reader, other]) await insertFollow(timeline.sql, follower, author)
  const older = await insertPost(timeline.sql, author)
  const release = hold()
  const early = idsOf(memory, reader)
  await new Promise((resolve) => setTimeout(resolve, 300))
  const newer = await insertPost(timeline.sql, author)
  const late = idsOf(memory, other)
  await new Promise((resolve) => setTimeout(resolve, 300))
  release()
  expect(await early).toEqual([newer, older])
  expect(await late).toEqual([newer, older])
  await close()
})

import { insertComment, insertPost } from '@dailyfeed/tests/content-rows'
import { ask } from '@dailyfeed/tests/http-client'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { insertMember } from '@dailyfeed/tests/members'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ActivityFixture, activityFixture, eventOf } from '../activity-fixture.ts'
import { createBlockedTerms } from './blocked-terms.ts'
import { moderateBlockedTerms } from './moderation.listener.ts'

let activity: ActivityFixture
let author: number
let admin: number

beforeAll(async () => {
  activity = await activityFixture()
  author = await insertMember(activity.database.sql, 'author')
  admin = await insertMember(activity.database.sql, 'admin')
  await activity.database.sql`update member.member set role = 'ADMIN' where id = ${admin}`
})
beforeEach(() => activity.database.sql`truncate activity.moderation_item`)
afterAll(() => activity.close())

/** As content-svc writes: the text and its version change together. */
async function write(kind: 'post' | 'comment', id: number, text: string | null): Promise<number> {
  const { sql } = activity.database
  const [row] = await sql<[{ version: number }]>`
    update ${sql(`content.${kind}`)} set version = version + 1, content = coalesce(${text}, content), deleted_at = case when ${text === null} then now() end
    where id = ${id} returning version`
  return row.version
}

const items = async () => [
  ...(await activity.database
    .sql`select kind, thing_id, terms, version, status from activity.moderation_item order by kind, thing_id`),
]
const created = (postId: number, version = 1) =>
  eventOf('POST_CREATE', { memberId: author, postId, version })
const updated = (postId: number, version: number) =>
  eventOf('POST_UPDATE', { memberId: author, postId, version })
const deleted = (postId: number, version: number) =>
  eventOf('POST_DELETE', { memberId: author, postId, version })
const commented = (postId: number, commentId: number) =>
  eventOf('COMMENT_CREATE', { memberId: author, postId, commentId })
const item = (
  kind: 'POST' | 'COMMENT',
  id: number,
  version: number,
  status: string,
  terms = ['도박'],
) => ({ kind, thing_id: id, terms, version, status })

test('a post or comment with a blocked term gets one item, even if its event comes twice', async () => {
  const postId = await insertPost(activity.database.sql, author)
  const commentId = await insertComment(activity.database.sql, postId, author)
  const clean = await insertPost(activity.database.sql, author)
  const version = await write('post', postId, '도 박 하는 사람')
  const commentVersion = await write('comment', commentId, 'ONLINE-casino와 온라인 카지노')
  const events = [
    created(postId),
    updated(postId, version),
    commented(postId, commentId),
    created(clean),
  ]
  for (let n = 0; n < 3; n += 1) {
    await activity.deliver(...events)
    expect(await items()).toEqual([
      item('COMMENT', commentId, commentVersion, 'OPEN', ['온라인카지노', 'online casino']),
      item('POST', postId, version, 'OPEN'),
    ])
  }
})

test('the title of a post is checked too', async () => {
  const postId = await insertPost(activity.database.sql, author)
  await activity.database.sql`update content.post set title = '도박' where id = ${postId}`
  await activity.deliver(created(postId))
  expect(await items()).toEqual([item('POST', postId, 1, 'OPEN')])
})

test('an edit without the term closes the item, one with it opens it again, in any order of events', async () => {
  const postId = await insertPost(activity.database.sql, author)
  const events = [created(postId), updated(postId, 2), updated(postId, 3), updated(postId, 4)]
  await write('post', postId, '도박')
  await activity.deliver(events[1] as (typeof events)[0])
  await write('post', postId, '꽃놀이')
  await activity.deliver(...[events[2], events[1], events[0]].flatMap((event) => event ?? []))
  expect(await items()).toEqual([item('POST', postId, 3, 'CLEARED')])
  await write('post', postId, '다시 도박')
  for (const event of [...events].reverse()) await activity.deliver(event)
  expect(await items()).toEqual([item('POST', postId, 4, 'OPEN')])
})

test('a deleted post closes its item and those of its comments; a deleted comment its own', async () => {
  const postId = await insertPost(activity.database.sql, author)
  const [one, other] = [
    await insertComment(activity.database.sql, postId, author),
    await insertComment(activity.database.sql, postId, author),
  ]
  await write('post', postId, '도박')
  for (const id of [one, other]) await write('comment', id, '도박')
  await activity.deliver(created(postId), commented(postId, one), commented(postId, other))
  expect((await items()).map(({ status }) => status)).toEqual(['OPEN', 'OPEN', 'OPEN'])

  const version = await write('comment', one, null)
  await activity.deliver(
    eventOf('COMMENT_DELETE', { memberId: author, postId, commentId: one, version }),
  )
  expect(await items()).toEqual([
    item('COMMENT', one, 3, 'REMOVED'),
    item('COMMENT', other, 2, 'OPEN'),
    item('POST', postId, 2, 'OPEN'),
  ])
  const gone = deleted(postId, await write('post', postId, null))
  await activity.deliver(gone)
  await activity.deliver(gone, created(postId), commented(postId, other))
  expect(await items()).toEqual([
    item('COMMENT', one, 3, 'REMOVED'),
    item('COMMENT', other, 2, 'REMOVED'),
    item('POST', postId, 3, 'REMOVED'),
  ])
})

test('content deleted before its first event arrives gets no item', async () => {
  const postId = await insertPost(activity.database.sql, author)
  await write('post', postId, '도박')
  await write('post', postId, null)
  await activity.deliver(
    created(postId),
    updated(postId, 2),
    deleted(postId, 3),
    created(99_999_999),
  )
  expect(await items()).toEqual([])
})

test('only a newer version with a term opens a dismissed item again', async () => {
  const postId = await insertPost(activity.database.sql, author)
  await write('post', postId, '도박')
  await activity.deliver(created(postId))
  const { body } = await ask(activity.client, { as: admin, url: '/api/admin/moderation' })
  const path = `/api/admin/moderation/${body.data.content[0].id}/dismiss`
  expect((await ask(activity.client, { as: admin, method: 'POST', url: path })).body.data).toEqual({
    outcome: 'DISMISSED',
  })
  expect((await ask(activity.client, { as: admin, method: 'POST', url: path })).body.data).toEqual({
    outcome: 'NOT_OPEN',
  })
  const acts = await activity.database
    .sql`select act from member.audit where member_id = ${admin} and type = 'ADMIN_ACTED' and act = ${`POST ${path}`}`
  expect(acts.length).toBe(2)
  await activity.deliver(created(postId), updated(postId, 2))
  expect(await items()).toEqual([item('POST', postId, 2, 'DISMISSED')])
  await write('post', postId, '꽃놀이')
  await activity.deliver(updated(postId, 3))
  expect(await items()).toEqual([item('POST', postId, 2, 'DISMISSED')])
  await write('post', postId, '도박')
  await activity.deliver(updated(postId, 4))
  expect(await items()).toEqual([item('POST', postId, 4, 'OPEN')])
  expect((await ask(activity.client, { as: admin, method: 'POST', url: path })).body.data).toEqual({
    outcome: 'DISMISSED',
  })
})

test('a replay changes nothing with the same list, and updates the queue once with another list', async () => {
  const { sql } = activity.database
  const posts = await Promise.all(
    Array.from({ length: 40 }, () => insertPost(activity.database.sql, author)),
  )
  for (const [n, id] of posts.entries()) await write('post', id, n % 2 === 0 ? '도박' : 'mushrooms')
  const day = posts.flatMap((id) => [created(id), updated(id, 2)])
  await activity.deliver(...day)
  const before = await sql`select * from activity.moderation_item order by id`
  expect(before).toHaveLength(20)
  expect((await activity.deliver(...day)).applied).toBe(0)
  expect((await activity.deliver(...day.reverse())).applied).toBe(0)
  expect([...(await sql`select * from activity.moderation_item order by id`)]).toEqual([...before])

  const pool = openPool({ url: activity.database.urlOf('activity'), max: 2, name: 'other-list' })
  const step = moderateBlockedTerms(createBlockedTerms(['mushrooms']))
  expect((await step.findMissing?.(pool, day))?.length).toBe(80)
  expect(await step.apply(pool, day)).toBe(40)
  expect(await step.findMissing?.(pool, day)).toEqual([])
  expect(await step.apply(pool, day)).toBe(0)
  await pool.end()
  expect((await items()).map(({ status, terms }) => `${status} ${terms}`).sort()).toEqual([
    ...Array.from({ length: 20 }, () => 'CLEARED 도박'),
    ...Array.from({ length: 20 }, () => 'OPEN mushrooms'),
  ])
})

test('concurrent batches in opposite orders with edits between them end at the current texts', async () => {
  const posts = await Promise.all(
    Array.from({ length: 30 }, () => insertPost(activity.database.sql, author)),
  )
  await Promise.all(
    Array.from({ length: 6 }, async (_, round) => {
      for (const id of posts) await write('post', id, (id + round) % 2 === 0 ? '도박' : '꽃놀이')
      const batch = posts.map((id) => updated(id, round + 2))
      await activity.deliver(...(round % 2 === 0 ? batch : batch.reverse()))
    }),
  )
  const texts = await activity.database
    .sql`select id, content, version from content.post where id = any (${posts}::bigint[]) order by id`
  const open = (await items()).filter(({ status }) => status === 'OPEN')
  expect(open).toEqual(
    texts
      .filter(({ content }) => content === '도박')
      .map(({ id, version }) => item('POST', id, version, 'OPEN')),
  )
  expect(await activity.database.sql`select from activity.dead_letter`).toHaveLength(0)
})

test('content edited between its check and the write of its item is checked again', async () => {
  const { sql } = activity.database
  const postId = await insertPost(activity.database.sql, author)
  await write('post', postId, '도박')
  await sql.unsafe(`
    create function activity.edit_meanwhile() returns trigger language plpgsql security definer as $$
      begin update content.post set content = '꽃놀이', version = version + 1 where id = new.thing_id; return new; end $$`)
  await sql`create trigger meanwhile before insert on activity.moderation_item for each row execute function activity.edit_meanwhile()`
  await activity.deliver(updated(postId, 2))
  await sql`drop trigger meanwhile on activity.moderation_item`
  expect(await items()).toEqual([
    item('POST', postId, expect.any(Number) as unknown as number, 'CLEARED'),
  ])
})

test('GET /api/admin/moderation lists open items, oldest first, with the text around the first term', async () => {
  const posts = await Promise.all(
    Array.from({ length: 5 }, () => insertPost(activity.database.sql, author)),
  )
  for (const id of posts) {
    await write('post', id, `${'꽃'.repeat(100)} 도박 ${'😀'.repeat(300)}`)
    await activity.deliver(created(id))
  }
  const paged: number[] = []
  let cursor: string | null = null
  do {
    const { status, body } = await ask(activity.client, {
      as: admin,
      url: `/api/admin/moderation?size=2${cursor === null ? '' : `&cursor=${cursor}`}`,
    })
    expect([status, body.data.size]).toEqual([200, 2])
    paged.push(...body.data.content.map(({ postId }: { postId: number }) => postId))
    cursor = body.data.nextCursor
  } while (cursor !== null)
  expect(paged).toEqual(posts)

  const [first] = (
    await ask(activity.client, { as: admin, url: '/api/admin/moderation?page=0&size=1' })
  ).body.data.content
  expect(first).toEqual({
    id: expect.any(Number),
    kind: 'POST',
    postId: posts[0],
    commentId: null,
    authorId: author,
    terms: ['도박'],
    excerpt: expect.stringMatching(/^…꽃{59} 도박 (?:😀)+…$/u),
    version: 2,
    status: 'OPEN',
    createdAt: expect.any(String),
    updatedAt: expect.any(String),
  })
})

test('the queue is for administrators only, checked on every call', async () => {
  const calls = [
    ['GET', '/api/admin/moderation'],
    ['POST', '/api/admin/moderation/1/dismiss'],
  ] as const
  for (const [method, url] of calls) {
    expect((await activity.app.inject({ method, url })).statusCode).toBe(401)
    const { status, body } = await ask(activity.client, { as: author, method, url })
    expect([status, body.code]).toEqual([403, 'MEMBER_FORBIDDEN'])
  }
  expect(
    (
      await ask(activity.client, {
        as: admin,
        method: 'POST',
        url: '/api/admin/moderation/999999/dismiss',
      })
    ).body.code,
  ).toBe('NOT_FOUND')
  expect(
    (
      await ask(activity.client, {
        as: admin,
        method: 'POST',
        url: '/api/admin/moderation/x/dismiss',
      })
    ).status,
  ).toBe(400)
  await activity.database.sql`update member.member set role = 'MEMBER' where id = ${admin}`
  expect((await ask(activity.client, { as: admin, url: '/api/admin/moderation' })).status).toBe(403)
  await activity.database.sql`update member.member set role = 'ADMIN' where id = ${admin}`
})

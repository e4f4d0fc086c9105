import { insertComment, insertPost } from '@dailyfeed/tests/content-rows'
import { ask } from '@dailyfeed/tests/http-client'
import { insertBlock, insertFollow, insertMember } from '@dailyfeed/tests/members'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ActivityFixture, activityFixture, eventOf } from '../activity-fixture.ts'

let activity: ActivityFixture
const member: Record<string, number> = {}
const id = (name: string) => member[name] ?? 0

beforeAll(async () => {
  activity = await activityFixture()
  const { sql } = activity.database
  for (const name of ['viewer', 'friend', 'hidden', 'muted', 'stranger', 'blocked', 'walker']) {
    member[name] = await insertMember(sql, name, {
      privacyLevel: name === 'hidden' ? 'PRIVATE' : 'PUBLIC',
    })
  }
  for (const name of ['friend', 'hidden', 'muted']) await insertFollow(sql, id('viewer'), id(name))
  await insertBlock(sql, id('blocked'), id('viewer'))
  await sql`insert into member.mute (muter_id, muted_id) values (${id('viewer')}, ${id('muted')})`
})
afterAll(() => activity.close())

const typesSeen = async (query = '') =>
  (
    await ask(activity.client, {
      as: id('viewer'),
      url: `/api/member-activities/followings${query}`,
    })
  ).body.data.content.map((one: { memberActivityType: string }) => one.memberActivityType)

test('GET /api/member-activities lists all of the caller’s own activities, newest first', async () => {
  const postId = await insertPost(activity.database.sql, id('stranger'))
  await activity.deliver(
    eventOf('POST_CREATE', { memberId: id('stranger'), postId }),
    eventOf('POST_READ', { memberId: id('walker'), postId }),
    eventOf('MEMBER_LOGIN', { memberId: id('stranger') }),
  )
  for (const path of ['/api/member-activities', '/api/activity']) {
    const { status, body } = await ask(activity.client, { as: id('stranger'), url: path })
    expect([
      status,
      body.data.content.map((one: { memberActivityType: string }) => one.memberActivityType),
      body.data.hasNext,
    ]).toEqual([200, ['MEMBER_LOGIN', 'POST_CREATE'], false])
    expect(body.data.content[1]).toEqual({
      memberId: id('stranger'),
      postId,
      commentId: null,
      targetMemberId: null,
      memberActivityType: 'POST_CREATE',
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    })
  }
})

test('the activities of followed members are writes, likes and follows of visible, unmuted members', async () => {
  const { database, deliver } = activity
  const postId = await insertPost(database.sql, id('friend'))
  for (const name of ['hidden', 'muted', 'stranger'])
    await deliver(
      eventOf('POST_CREATE', {
        memberId: id(name),
        postId: await insertPost(database.sql, id(name)),
      }),
    )
  await database.sql`insert into content.post_like (post_id, member_id) values (${postId}, ${id('friend')})`
  await insertFollow(database.sql, id('friend'), id('stranger'))
  const memberId = id('friend')
  await deliver(
    eventOf('POST_CREATE', { memberId, postId }),
    eventOf('POST_READ', { memberId, postId }),
    eventOf('MEMBER_LOGIN', { memberId }),
    eventOf('MEMBER_LOGOUT', { memberId }),
    eventOf('MEMBER_BLOCK', { memberId, targetMemberId: id('stranger') }),
    eventOf('LIKE_POST', { memberId, postId }),
    eventOf('MEMBER_FOLLOW', { memberId, targetMemberId: id('stranger') }),
  )
  expect(await typesSeen()).toEqual(['MEMBER_FOLLOW', 'LIKE_POST', 'POST_CREATE'])
  await database.sql`update content.post_like set liked = false where post_id = ${postId}`
  expect(await typesSeen()).toEqual(['MEMBER_FOLLOW', 'POST_CREATE'])
  await database.sql`update content.post set deleted_at = now() where id = ${postId}`
  expect(await typesSeen()).toEqual(['MEMBER_FOLLOW'])
})

test('a comment on a post whose author has blocked the viewer is not shown', async () => {
  const { database, deliver } = activity
  const before = await typesSeen()
  const postId = await insertPost(database.sql, id('blocked'))
  await deliver(
    eventOf('COMMENT_CREATE', {
      memberId: id('friend'),
      postId,
      commentId: await insertComment(database.sql, postId, id('friend')),
    }),
  )
  expect(await typesSeen()).toEqual(before)
})

test('pagination by cursor returns each activity once, even those of one moment', async () => {
  const occurredAt = new Date().toISOString()
  const events = Array.from({ length: 45 }, (_, n) =>
    eventOf('POST_CREATE', { memberId: id('friend'), postId: 1_000_000 + n, occurredAt }),
  )
  await activity.database
    .sql`insert into content.post (id, author_id, content) overriding system value select 1000000 + n, ${id('friend')}, 'paged' from generate_series(0, 44) as n`
  await activity.deliver(...events)
  for (const [reader, path] of [
    [id('viewer'), '/api/activity/followings'],
    [id('friend'), '/api/member-activities'],
  ] as const) {
    const seen: number[] = []
    let cursor = ''
    do {
      const { body } = await ask(activity.client, { as: reader, url: `${path}?size=10${cursor}` })
      seen.push(
        ...body.data.content
          .map((one: { postId: number }) => one.postId)
          .filter((postId: number) => postId >= 1_000_000),
      )
      cursor = body.data.nextCursor === null ? '' : `&cursor=${body.data.nextCursor}`
    } while (cursor !== '')
    expect([seen.length, new Set(seen).size]).toEqual([45, 45])
    const pages = await Promise.all(
      [0, 1, 2, 3, 4].map((page) =>
        ask(activity.client, { as: reader, url: `${path}?size=10&page=${page}` }),
      ),
    )
    expect(
      pages
        .flatMap(({ body }) => body.data.content)
        .map(({ postId }) => postId)
        .filter((postId) => postId >= 1_000_000),
    ).toEqual(seen)
  }
})

test('activities of many followed members are in order, and hidden ones take no place on a page', async () => {
  const { database, deliver } = activity
  const reader = await insertMember(database.sql, 'reader')
  const shown: number[] = []
  const gone = await insertPost(database.sql, id('stranger'))
  await database.sql`update content.post set deleted_at = now() where id = ${gone}`
  const friends = await Promise.all(
    Array.from({ length: 12 }, (_, n) => insertMember(database.sql, `one${n}`)),
  )
  for (const friend of friends) await insertFollow(database.sql, reader, friend)
  for (let n = 0; n < 60; n += 1) {
    const memberId = friends[(n * 7) % 12] ?? 0
    const occurredAt = new Date(Date.parse('2026-11-01T00:00:00Z') + n * 1_000).toISOString()
    if (n % 5 === 0)
      await deliver(eventOf('LIKE_POST', { memberId, postId: gone, version: n + 1, occurredAt }))
    const postId = await insertPost(database.sql, memberId)
    shown.unshift(postId)
    await deliver(eventOf('POST_CREATE', { memberId, postId, occurredAt }))
  }
  const seen: number[] = []
  let cursor = ''
  do {
    const { body } = await ask(activity.client, {
      as: reader,
      url: `/api/member-activities/followings?size=7${cursor}`,
    })
    seen.push(...body.data.content.map((one: { postId: number }) => one.postId))
    cursor = body.data.nextCursor === null ? '' : `&cursor=${body.data.nextCursor}`
  } while (cursor !== '')
  expect(seen).toEqual(shown)
  const pages = await Promise.all(
    [0, 1, 2, 3, 4, 5, 6].map((page) =>
      ask(activity.client, {
        as: reader,
        url: `/api/member-activities/followings?size=9&page=${page}`,
      }),
    ),
  )
  expect(
    pages.flatMap(({ body }) => body.data.content.map((one: { postId: number }) => one.postId)),
  ).toEqual(shown)
})

test('a cursor of another member is refused', async () => {
  const { body } = await ask(activity.client, {
    as: id('friend'),
    url: '/api/member-activities?size=1',
  })
  expect(
    (
      await ask(activity.client, {
        as: id('viewer'),
        url: `/api/member-activities?cursor=${body.data.nextCursor}`,
      })
    ).status,
  ).toBe(400)
})

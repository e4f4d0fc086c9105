import { insertComment, insertPost } from '@dailyfeed/tests/content-rows'
import { ask } from '@dailyfeed/tests/http-client'
import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import { insertBlock, insertMember } from '@dailyfeed/tests/members'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ActivityFixture, activityFixture, eventOf } from '../activity-fixture.ts'

let activity: ActivityFixture
const fans: number[] = []
let round = 0
let minji: number
let postId: number

beforeAll(async () => {
  activity = await activityFixture()
  for (let n = 0; n < 5; n += 1) fans.push(await insertMember(activity.database.sql, `fan${n}`))
})
beforeEach(async () => {
  round += 1
  minji = await insertMember(activity.database.sql, `minji${round}`)
  postId = await insertPost(activity.database.sql, minji)
})
afterAll(() => activity.close())

const fan = (n: number) => fans[n] ?? 0
// biome-ignore lint/suspicious/noExplicitAny: a test looks at any part of any answer
const listOf = async (memberId: number): Promise<any[]> =>
  (await ask(activity.client, { as: memberId, url: '/api/notifications' })).body.data.content
const summariesOf = async (memberId: number) =>
  (await listOf(memberId)).map(({ type, actorCount }) => `${type} ${actorCount}`)
const unread = async (memberId: number) =>
  (await ask(activity.client, { as: memberId, url: '/api/notifications/unread-count' })).body.data
    .unreadCount
const like = (memberId: number, version = 1) => eventOf('LIKE_POST', { memberId, postId, version })
const unlike = (memberId: number, version: number) =>
  eventOf('LIKE_POST_CANCEL', { memberId, postId, version })

test('likes of one post are one notification that counts actors once and names the newest three', async () => {
  const events = fans.map((memberId) => like(memberId))
  await activity.deliver(...events)
  const list = await listOf(minji)
  expect(list).toHaveLength(1)
  expect(list[0]).toMatchObject({
    type: 'LIKE_POST',
    postId,
    commentId: null,
    actorCount: 5,
    read: false,
  })
  expect(list[0].actors.map(({ memberId }: { memberId: number }) => memberId)).toEqual([
    fan(4),
    fan(3),
    fan(2),
  ])
  expect(list[0].actors[0]).toMatchObject({ handle: 'fan4', memberName: 'Member fan4' })
  const report = await activity.deliver(...events)
  expect(report).toEqual({ received: 5, applied: 0, deadLettered: 0 })
  expect(await listOf(minji)).toEqual(list)
})

test('a member is not notified of own actions', async () => {
  await activity.deliver(
    like(minji),
    eventOf('COMMENT_CREATE', {
      memberId: minji,
      postId,
      commentId: await insertComment(activity.database.sql, postId, minji),
    }),
  )
  expect(await listOf(minji)).toEqual([])
})

test('like, cancel and like end in a notification in any order, like and cancel in none', async () => {
  const ordersOf = (events: MemberActivityEvent[]): MemberActivityEvent[][] =>
    events.length < 2
      ? [events]
      : events.flatMap((event) =>
          ordersOf(events.filter((other) => other !== event)).map((rest) => [event, ...rest]),
        )
  for (const [last, expected] of [
    [3, ['LIKE_POST 1']],
    [2, []],
  ] as const) {
    const count = ordersOf(
      [like(fan(0), 1), unlike(fan(0), 2), like(fan(0), 3)].slice(0, last),
    ).length
    for (let n = 0; n < count; n += 1) {
      postId = await insertPost(activity.database.sql, minji)
      const order =
        ordersOf([like(fan(0), 1), unlike(fan(0), 2), like(fan(0), 3)].slice(0, last))[n] ?? []
      for (const event of order) await activity.deliver(event)
      expect(await summariesOf(minji), order.map(({ version }) => version).join()).toEqual(expected)
      await activity.database.sql`update content.post set deleted_at = now() where id = ${postId}`
    }
  }
})

test('a comment notifies the post’s author, a reply also its parent’s author, until it is deleted', async () => {
  const commentId = await insertComment(activity.database.sql, postId, fan(0))
  const replyId = await insertComment(activity.database.sql, postId, fan(1), {
    parentId: commentId,
    depth: 1,
  })
  const before = (await summariesOf(fan(0))).length
  await activity.deliver(
    eventOf('COMMENT_CREATE', { memberId: fan(0), postId, commentId }),
    eventOf('COMMENT_CREATE', { memberId: fan(1), postId, commentId: replyId }),
    eventOf('LIKE_COMMENT', { memberId: minji, postId, commentId }),
  )
  expect(await summariesOf(minji)).toEqual(['COMMENT_CREATE 2'])
  expect(
    (await listOf(fan(0)))
      .map(({ type, commentId: id }) => [type, id])
      .slice(0, -before || undefined)
      .sort(),
  ).toEqual([
    ['COMMENT_REPLY', commentId],
    ['LIKE_COMMENT', commentId],
  ])
  await activity.deliver(
    eventOf('COMMENT_DELETE', { memberId: fan(1), postId, commentId: replyId, version: 2 }),
  )
  expect(await summariesOf(minji)).toEqual(['COMMENT_CREATE 1'])
  expect(await summariesOf(fan(0))).toHaveLength(before + 1)
})

test('a reply by the post’s author notifies the author of its parent only, unless both are the same', async () => {
  const mine = await insertComment(activity.database.sql, postId, minji)
  const reply = await insertComment(activity.database.sql, postId, fan(2), {
    parentId: mine,
    depth: 1,
  })
  await activity.deliver(eventOf('COMMENT_CREATE', { memberId: fan(2), postId, commentId: reply }))
  expect(await summariesOf(minji)).toEqual(['COMMENT_REPLY 1'])
})

test('a follow is notified until it is cancelled', async () => {
  await activity.deliver(
    eventOf('MEMBER_FOLLOW', { memberId: fan(0), targetMemberId: minji, version: 5 }),
    eventOf('MEMBER_FOLLOW', { memberId: fan(1), targetMemberId: minji, version: 2 }),
  )
  expect(await summariesOf(minji)).toEqual(['MEMBER_FOLLOW 2'])
  await activity.deliver(
    eventOf('MEMBER_UNFOLLOW', { memberId: fan(0), targetMemberId: minji, version: 6 }),
  )
  expect(await summariesOf(minji)).toEqual(['MEMBER_FOLLOW 1'])
})

test('a new actor after reading opens a new notification; a repeated like does not', async () => {
  await activity.deliver(like(fan(0)))
  expect(await unread(minji)).toBe(1)
  const marked = await ask(activity.client, {
    as: minji,
    method: 'POST',
    url: '/api/notifications/read',
  })
  expect([marked.status, marked.body]).toEqual([
    200,
    { status: 200, result: 'SUCCESS', data: true },
  ])
  expect(await unread(minji)).toBe(0)
  await activity.deliver(unlike(fan(0), 2), like(fan(0), 3))
  expect(await unread(minji)).toBe(0)
  await activity.deliver(like(fan(1)))
  expect((await listOf(minji)).map(({ read, actorCount }) => [read, actorCount])).toEqual([
    [false, 1],
    [true, 1],
  ])
  const [newest] = await listOf(minji)
  await ask(activity.client, {
    as: fan(3),
    url: '/api/notifications/read',
    body: { ids: [newest.id] },
  })
  expect(await unread(minji)).toBe(1)
  await ask(activity.client, {
    as: minji,
    url: '/api/notifications/read',
    body: { ids: [newest.id] },
  })
  expect(await unread(minji)).toBe(0)
})

test('withdrawn, blocked, blocking and muted actors are neither shown nor counted', async () => {
  const { sql } = activity.database
  await activity.deliver(...fans.map((memberId) => like(memberId)))
  await insertBlock(sql, minji, fan(0))
  await insertBlock(sql, fan(1), minji)
  await sql`insert into member.mute (muter_id, muted_id) values (${minji}, ${fan(2)})`
  expect(await summariesOf(minji)).toEqual(['LIKE_POST 2'])
  await sql`update member.member set withdrawn_at = now() where id = any (${[fan(3), fan(4)]}::bigint[])`
  expect([await summariesOf(minji), await unread(minji)]).toEqual([[], 0])
  await sql`update member.member set withdrawn_at = null`
})

test('the most recently changed group comes first', async () => {
  const older = postId
  await activity.deliver(like(fan(0)))
  postId = await insertPost(activity.database.sql, minji)
  await activity.deliver(like(fan(0)))
  const newer = postId
  const posts = async () => (await listOf(minji)).map((one) => one.postId)
  expect(await posts()).toEqual([newer, older])
  postId = older
  await activity.deliver(like(fan(1)))
  expect(await posts()).toEqual([older, newer])
})

test('pagination by cursor returns each group once while groups change and new ones appear', async () => {
  const posts: number[] = []
  for (let n = 0; n < 25; n += 1) {
    postId = await insertPost(activity.database.sql, minji)
    posts.unshift(postId)
    await activity.deliver(like(fan(0)))
  }
  const seen: number[] = []
  let cursor = ''
  for (let step = 0; cursor !== 'end'; step += 1) {
    const { data } = (
      await ask(activity.client, { as: minji, url: `/api/notifications?size=4${cursor}` })
    ).body
    seen.push(...data.content.map((one: { postId: number }) => one.postId))
    expect(data.page).toBe(step === 0 ? 0 : null)
    cursor = data.nextCursor === null ? 'end' : `&cursor=${data.nextCursor}`
    // One that was not seen yet rises, one that was seen rises, and a new one comes.
    for (const liked of [
      posts[20 - step] ?? 0,
      posts[step] ?? 0,
      await insertPost(activity.database.sql, minji),
    ]) {
      postId = liked
      await activity.deliver(like(fan(1), step + 1))
    }
  }
  expect(seen).toEqual(posts)
  const pages = await Promise.all(
    [0, 1, 2, 3].map((page) =>
      ask(activity.client, { as: minji, url: `/api/notifications?size=10&page=${page}` }),
    ),
  )
  const all = pages.flatMap(({ body }) => body.data.content.map((one: { id: number }) => one.id))
  expect([all.length, new Set(all).size]).toEqual([25 + 7, 25 + 7])
})

import { insertComment, insertPost } from '@dailyfeed/tests/content-rows'
import { ask } from '@dailyfeed/tests/http-client'
import { insertMember } from '@dailyfeed/tests/members'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ActivityFixture, activityFixture, eventOf } from '../activity-fixture.ts'

let activity: ActivityFixture
let minji: number
let jisoo: number
let secretive: number
let postId: number
let commentId: number

beforeAll(async () => {
  activity = await activityFixture()
  const { sql } = activity.database
  minji = await insertMember(sql, 'minji')
  jisoo = await insertMember(sql, 'jisoo')
  secretive = await insertMember(sql, 'secretive', { privacyLevel: 'PRIVATE' })
  postId = await insertPost(activity.database.sql, minji)
  commentId = await insertComment(activity.database.sql, postId, jisoo)
})
afterAll(() => activity.close())

const report = async (memberId: number, path: string, fields: object) => {
  const { status, body } = await ask(activity.client, {
    as: memberId,
    url: path,
    body: {
      memberId,
      postId,
      ...fields,
    },
  })
  return [status, status === 201 ? body.data : body.code]
}
const recordsOf = (memberId: number, type: string) =>
  activity.database
    .sql`select * from activity.record where member_id = ${memberId} and type = ${type}`

test('a true report is recorded once under both paths', async () => {
  expect(
    await report(minji, '/api/member-activities/posts', { activityType: 'POST_CREATE' }),
  ).toEqual([201, true])
  expect(await report(minji, '/api/activity/posts', { activityType: 'POST_CREATE' })).toEqual([
    201,
    true,
  ])
  const rows = await recordsOf(minji, 'POST_CREATE')
  expect(rows).toHaveLength(1)
  expect(rows[0]).toMatchObject({
    message_key: `POST_CREATE###${postId}###${minji}`,
    version: 1,
    event_id: null,
  })
  expect(
    await report(jisoo, '/api/member-activities/comments', {
      commentId,
      activityType: 'COMMENT_CREATE',
    }),
  ).toEqual([201, true])
  expect(
    await report(jisoo, '/api/member-activities/posts', { activityType: 'POST_READ' }),
  ).toEqual([201, true])
})

test('a report in another member’s name is 403', async () => {
  const { status, body } = await ask(activity.client, {
    as: jisoo,
    url: '/api/member-activities/posts',
    body: {
      memberId: minji,
      postId,
      activityType: 'POST_CREATE',
    },
  })
  expect([status, body.code]).toEqual([403, 'MEMBER_FORBIDDEN'])
})

test.each([
  ['posts', 'NONSENSE'],
  ['posts', 'LIKE_POST'],
  ['posts/likes', 'POST_CREATE'],
  ['comments', 'POST_READ'],
  ['comments/likes', 'LIKE_POST'],
])('%s does not take %s', async (path, activityType) => {
  const { status, body } = await ask(activity.client, {
    as: minji,
    url: `/api/member-activities/${path}`,
    body: {
      memberId: minji,
      postId,
      commentId,
      activityType,
    },
  })
  expect([status, body.code, body.errors?.[0]?.field]).toEqual([
    400,
    'VALIDATION_FAILED',
    'activityType',
  ])
})

test('an untrue report is refused and not recorded', async () => {
  expect(await report(jisoo, '/api/activity/posts', { activityType: 'POST_CREATE' })).toEqual([
    403,
    'MEMBER_FORBIDDEN',
  ])
  expect(await report(minji, '/api/activity/posts', { activityType: 'POST_UPDATE' })).toEqual([
    403,
    'MEMBER_FORBIDDEN',
  ])
  expect(await report(minji, '/api/activity/posts', { activityType: 'POST_DELETE' })).toEqual([
    403,
    'MEMBER_FORBIDDEN',
  ])
  expect(
    await report(minji, '/api/activity/posts', { postId: 999_999, activityType: 'POST_READ' }),
  ).toEqual([404, 'POST_NOT_FOUND'])
  expect(
    await report(minji, '/api/activity/posts', {
      postId: await insertPost(activity.database.sql, secretive),
      activityType: 'POST_READ',
    }),
  ).toEqual([404, 'POST_NOT_FOUND'])
  const otherPostId = await insertPost(activity.database.sql, minji)
  expect(
    await report(jisoo, '/api/activity/comments', {
      postId: otherPostId,
      commentId,
      activityType: 'COMMENT_CREATE',
    }),
  ).toEqual([404, 'COMMENT_NOT_FOUND'])
  expect(await report(jisoo, '/api/activity/posts/likes', { activityType: 'LIKE_POST' })).toEqual([
    403,
    'MEMBER_FORBIDDEN',
  ])
  expect(await recordsOf(jisoo, 'LIKE_POST')).toHaveLength(0)
})

test('a report never replaces a relayed record, is replaced by one, and notifies no member', async () => {
  await activity.database
    .sql`insert into content.post_like (post_id, member_id) values (${postId}, ${jisoo})`
  expect(await report(jisoo, '/api/activity/posts/likes', { activityType: 'LIKE_POST' })).toEqual([
    201,
    true,
  ])
  expect(
    await report(jisoo, '/api/activity/posts/likes', { activityType: 'LIKE_POST_CANCEL' }),
  ).toEqual([403, 'MEMBER_FORBIDDEN'])
  expect(await activity.database.sql`select from activity.notification`).toHaveLength(0)
  const event = eventOf('LIKE_POST', { memberId: jisoo, postId })
  await activity.deliver(event)
  const relayed = await recordsOf(jisoo, 'LIKE_POST')
  expect(relayed[0]).toMatchObject({ event_id: event.eventId })
  await report(jisoo, '/api/activity/posts/likes', { activityType: 'LIKE_POST' })
  expect(await recordsOf(jisoo, 'LIKE_POST')).toEqual(relayed)
})

test('a member over the rate limit is 429 with Retry-After', async () => {
  const answers = await Promise.all(
    Array.from({ length: 61 }, () =>
      report(secretive, '/api/activity/posts', { activityType: 'POST_READ' }),
    ),
  )
  expect(answers.filter(([status]) => status === 429)).toHaveLength(1)
})

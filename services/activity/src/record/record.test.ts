import { insertPost } from '@dailyfeed/tests/content-rows'
import { insertMember } from '@dailyfeed/tests/members'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ActivityFixture, activityFixture, eventOf } from '../activity-fixture.ts'

let activity: ActivityFixture
let minji: number
let postId: number

beforeAll(async () => {
  activity = await activityFixture()
  minji = await insertMember(activity.database.sql, 'minji')
  postId = await insertPost(activity.database.sql, minji)
})
afterAll(() => activity.close())

const records = async () =>
  (
    await activity.database
      .sql`select md5(coalesce(string_agg(r::text, '|' order by message_key), '')) as sum, count(*) as n from activity.record r`
  )[0]

test('a batch delivered twice changes nothing the second time', async () => {
  const events = Array.from({ length: 500 }, () =>
    eventOf('POST_READ', { memberId: minji, postId }),
  )
  expect(await activity.deliver(...events)).toEqual({
    received: 500,
    applied: 500,
    deadLettered: 0,
  })
  const before = await records()
  expect(await activity.deliver(...events)).toEqual({ received: 500, applied: 0, deadLettered: 0 })
  expect(await records()).toEqual(before)
})

test('like, cancel and like again leave the same records in any order and batching', async () => {
  const other = await insertMember(activity.database.sql, 'jisoo')
  const [first, cancel, again] = [
    eventOf('LIKE_POST', { memberId: other, postId, version: 1 }),
    eventOf('LIKE_POST_CANCEL', { memberId: other, postId, version: 2 }),
    eventOf('LIKE_POST', { memberId: other, postId, version: 3 }),
  ]
  const orders = [
    [first, cancel, again],
    [first, again, cancel],
    [cancel, first, again],
    [cancel, again, first],
    [again, first, cancel],
    [again, cancel, first],
  ]
  for (const order of orders) {
    for (const size of [1, 2, 3]) {
      await activity.database.sql`delete from activity.record where member_id = ${other}`
      for (let from = 0; from < 3; from += size)
        await activity.deliver(...order.slice(from, from + size))
      const rows = await activity.database
        .sql`select type, version, event_id from activity.record where member_id = ${other} order by type`
      expect([...rows]).toEqual([
        { type: 'LIKE_POST', version: 3, event_id: again.eventId },
        { type: 'LIKE_POST_CANCEL', version: 2, event_id: cancel.eventId },
      ])
    }
  }
})

test('a key that occurs several times in a batch is recorded once, with its highest version', async () => {
  const other = await insertMember(activity.database.sql, 'twice')
  const own = await insertPost(activity.database.sql, other)
  const versions = [2, 5, 1, 4].map((version) =>
    eventOf('LIKE_POST', { memberId: other, postId: own, version }),
  )
  // It is the member's own post, so no other handler has an effect.
  expect((await activity.deliver(...versions)).applied).toBe(1)
  const rows = await activity.database
    .sql`select version, event_id from activity.record where member_id = ${other}`
  expect([...rows]).toEqual([{ version: 5, event_id: versions[1]?.eventId }])
})

test('a higher version replaces a lower one, whatever their times are', async () => {
  const other = await insertMember(activity.database.sql, 'clock')
  const own = await insertPost(activity.database.sql, other)
  const newer = eventOf('LIKE_POST', {
    memberId: other,
    postId: own,
    version: 2,
    occurredAt: '2026-01-01T00:00:00.000Z',
  })
  await activity.deliver(newer)
  expect(
    (
      await activity.deliver(
        eventOf('LIKE_POST', {
          memberId: other,
          postId: own,
          version: 1,
          occurredAt: '2026-06-01T00:00:00.000Z',
        }),
      )
    ).applied,
  ).toBe(0)
  const [row] = await activity.database
    .sql`select version, occurred_at from activity.record where member_id = ${other}`
  expect(row).toEqual({ version: 2, occurred_at: new Date('2026-01-01T00:00:00.000Z') })
})

test('a record has all fields of its event, and any key without its prefix', async () => {
  const messageKey = 'member_activity:kafka_event:POST_READ###"odd", {key} \\ \'안녕\' NULL'
  const at = '2026-11-25T01:02:03.456+09:00'
  const event = eventOf('COMMENT_READ', {
    memberId: minji,
    postId,
    commentId: 77,
    targetMemberId: 88,
    version: 9_007_199_254_740_991,
    messageKey,
    createdAt: at,
    updatedAt: '2026-11-25T01:02:03Z',
    occurredAt: '1969-12-31T23:59:59.999Z',
  })
  await activity.deliver(event)
  const rows = await activity.database.sql`select * from activity.record where comment_id = 77`
  expect([...rows]).toEqual([
    {
      message_key: messageKey.slice('member_activity:kafka_event:'.length),
      type: 'COMMENT_READ',
      member_id: minji,
      post_id: postId,
      comment_id: 77,
      target_member_id: 88,
      version: event.version,
      event_id: event.eventId,
      created_at: new Date(at),
      updated_at: new Date('2026-11-25T01:02:03Z'),
      occurred_at: new Date('1969-12-31T23:59:59.999Z'),
    },
  ])
})

test('concurrent batches of the same keys in opposite orders all take effect', async () => {
  const other = await insertMember(activity.database.sql, 'crowd')
  const posts = Array.from({ length: 200 }, (_, n) => 900_000 + n)
  const batches = Array.from({ length: 8 }, (_, n) => {
    const batch = posts.map((id) =>
      eventOf('LIKE_POST', { memberId: other, postId: id, version: n + 1 }),
    )
    return n % 2 === 0 ? batch : batch.reverse()
  })
  await Promise.all(batches.map((batch) => activity.deliver(...batch)))
  const [row] = await activity.database
    .sql`select count(*) as n, min(version) as version from activity.record where member_id = ${other}`
  expect(row).toEqual({ n: 200, version: 8 })
})

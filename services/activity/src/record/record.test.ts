import { insertMember } from '@dailyfeed/tests/members'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ActivityFixture, activityFixture, eventOf, insertPost } from '../activity-fixture.ts'

let activity: ActivityFixture
let minji: number
let postId: number

beforeAll(async () => {
  activity = await activityFixture()
  minji = await insertMember(activity.database.sql, 'minji')
  postId = await insertPost(activity.database, minji)
})
afterAll(() => activity.close())

const records = async () => (await activity.database.sql`select md5(coalesce(string_agg(r::text, '|' order by message_key), '')) as sum, count(*) as n from activity.record r`)[0]

test('a batch delivered twice changes nothing the second time', async () => {
  const events = Array.from({ length: 500 }, () => eventOf('POST_READ', { memberId: minji, postId }))
  expect(await activity.deliver(...events)).toEqual({ received: 500, applied: 500, deadLettered: 0 })
  const before = await records()
  expect(await activity.deliver(...events)).toEqual({ received: 500, applied: 0, deadLettered: 0 })
  expect(await records()).toEqual(before)
})

test('like, cancel and like again leave the same records in whatever order and cut they arrive', async () => {
  const other = await insertMember(activity.database.sql, 'jisoo')
  const [first, cancel, again] = [
    eventOf('LIKE_POST', { memberId: other, postId, version: 1 }),
    eventOf('LIKE_POST_CANCEL', { memberId: other, postId, version: 2 }),
    eventOf('LIKE_POST', { memberId: other, postId, version: 3 }),
  ]
  const orders = [[first, cancel, again], [first, again, cancel], [cancel, first, again], [cancel, again, first], [again, first, cancel], [again, cancel, first]]
  for (const order of orders) {
    for (const size of [1, 2, 3]) {
      await activity.database.sql`delete from activity.record where member_id = ${other}`
      for (let from = 0; from < 3; from += size) await activity.deliver(...order.slice(from, from + size))
      const rows = await activity.database.sql`select type, version, event_id from activity.record where member_id = ${other} order by type`
      expect([...rows]).toEqual([
        { type: 'LIKE_POST', version: 3, event_id: again.eventId },
        { type: 'LIKE_POST_CANCEL', version: 2, event_id: cancel.eventId },
      ])
    }
  }
})

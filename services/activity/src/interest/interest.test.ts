import { insertComment, insertPost } from '@dailyfeed/tests/content-rows'
import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import { insertMember } from '@dailyfeed/tests/members'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ActivityFixture, activityFixture, eventOf } from '../activity-fixture.ts'

let activity: ActivityFixture
let author: number
let reader: number
let postId: number
let commentId: number
let round = 0

beforeAll(async () => {
  activity = await activityFixture()
})
beforeEach(async () => {
  round += 1
  const { sql } = activity.database
  author = await insertMember(sql, `author${round}`)
  reader = await insertMember(sql, `reader${round}`)
  postId = await insertPost(activity.database.sql, author)
  commentId = await insertComment(activity.database.sql, postId, author)
})
afterAll(() => activity.close())

const scoresOf = async (memberId: number) =>
  Object.fromEntries(
    (
      await activity.database
        .sql`select author_id, score from activity.interest where member_id = ${memberId}`
    ).map((row) => [row['author_id'], row['score']]),
  )

test('reads, likes and comments increase the interest in the author; cancellations decrease it', async () => {
  const steps: [MemberActivityEvent, number][] = [
    [eventOf('POST_READ', { memberId: reader, postId }), 1],
    [eventOf('POST_READ', { memberId: reader, postId }), 2],
    [eventOf('COMMENT_READ', { memberId: reader, postId, commentId }), 3],
    [eventOf('LIKE_POST', { memberId: reader, postId }), 6],
    [eventOf('LIKE_COMMENT', { memberId: reader, commentId }), 9],
    [eventOf('COMMENT_CREATE', { memberId: reader, postId, commentId }), 14],
    [eventOf('COMMENT_DELETE', { memberId: reader, postId, commentId, version: 2 }), 9],
    [eventOf('LIKE_COMMENT_CANCEL', { memberId: reader, postId, commentId, version: 2 }), 6],
    [eventOf('LIKE_POST_CANCEL', { memberId: reader, postId, version: 2 }), 3],
  ]
  for (const [event, score] of steps) {
    await activity.deliver(event)
    expect(await scoresOf(reader)).toEqual({ [author]: score })
  }
})

test('actions on a member’s own posts, or on unknown content, do not count', async () => {
  await activity.deliver(
    eventOf('POST_READ', { memberId: author, postId }),
    eventOf('LIKE_COMMENT', { memberId: author, commentId }),
    eventOf('COMMENT_CREATE', { memberId: author, postId, commentId }),
    eventOf('LIKE_POST', { memberId: reader, postId: 99_999_999 }),
    eventOf('POST_CREATE', { memberId: author, postId }),
    eventOf('MEMBER_FOLLOW', { memberId: reader, targetMemberId: author }),
  )
  expect([await scoresOf(author), await scoresOf(reader)]).toEqual([{}, {}])
})

test('events delivered again, all or some, count once and change no row', async () => {
  const { sql } = activity.database
  const day = Array.from({ length: 200 }, (_, n) =>
    eventOf(n % 4 === 0 ? 'LIKE_POST' : 'POST_READ', { memberId: reader, postId, version: n + 1 }),
  )
  await activity.deliver(...day.slice(0, 150), ...day.slice(50, 100))
  await activity.deliver(...day.slice(100))
  expect(await scoresOf(reader)).toEqual({ [author]: 50 * 3 + 150 })
  const rows = await sql`select * from activity.interest order by member_id, author_id`
  for (let n = 0; n < 2; n += 1) {
    expect((await activity.deliver(...day)).applied).toBe(0)
    expect([...(await sql`select * from activity.interest order by member_id, author_id`)]).toEqual(
      [...rows],
    )
  }
})

test('like, cancel and like again count as one like in any order and batching', async () => {
  const versions = () => [
    eventOf('LIKE_POST', { memberId: reader, postId, version: 1 }),
    eventOf('LIKE_POST_CANCEL', { memberId: reader, postId, version: 2 }),
    eventOf('LIKE_POST', { memberId: reader, postId, version: 3 }),
  ]
  for (const order of [
    [0, 1, 2],
    [1, 0, 2],
    [2, 1, 0],
    [1, 2, 0],
  ]) {
    for (const size of [1, 2, 3]) {
      await activity.database.sql`delete from activity.interest where member_id = ${reader}`
      const events = versions()
      const ordered = order.flatMap((index) => events[index] ?? [])
      for (let from = 0; from < 3; from += size)
        await activity.deliver(...ordered.slice(from, from + size))
      expect(await scoresOf(reader)).toEqual({ [author]: 3 })
    }
  }
})

test('concurrent batches in opposite orders and delivered twice count each event once', async () => {
  const { sql } = activity.database
  const readers = await Promise.all(
    Array.from({ length: 50 }, (_, n) => insertMember(sql, `crowd${n}`)),
  )
  const batches = Array.from({ length: 4 }, (_, n) => {
    const batch = readers.map((memberId) => eventOf('POST_READ', { memberId, postId }))
    return n % 2 === 0 ? batch : batch.reverse()
  })
  await Promise.all([...batches, ...batches].map((batch) => activity.deliver(...batch)))
  for (const memberId of readers) expect(await scoresOf(memberId)).toEqual({ [author]: 4 })
  expect(await sql`select from activity.dead_letter`).toHaveLength(0)
})

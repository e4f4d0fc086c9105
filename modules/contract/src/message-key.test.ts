import { expect, test } from 'vitest'
import { ACTIVITY_TYPES, categoryOf } from './member-activity-event.ts'
import { messageKeyOf, nextKeyTime } from './message-key.ts'
import { subscribersOf } from './subscriptions.ts'

const TIME = '2026-11-25 09:00:00.000000000'
const keyOf = (type: (typeof ACTIVITY_TYPES)[number]) =>
  messageKeyOf({ type, memberId: 7, postId: 42, commentId: 99, targetMemberId: 8, time: TIME })

/** The founding document's table, literally; COMMENT_CREATE as decided in docs/decisions/0003. */
test.each([
  ['POST_CREATE', 'member_activity:kafka_event:POST_CREATE###42###7'],
  ['POST_UPDATE', `member_activity:kafka_event:POST_UPDATE###42###7###${TIME}`],
  ['POST_DELETE', `member_activity:kafka_event:POST_DELETE###42###7###${TIME}`],
  ['POST_READ', `member_activity:kafka_event:POST_READ###42###7###${TIME}`],
  ['COMMENT_CREATE', 'member_activity:kafka_event:COMMENT_CREATE###99###7'],
  ['COMMENT_UPDATE', `member_activity:kafka_event:COMMENT_UPDATE###99###7###${TIME}`],
  ['COMMENT_DELETE', `member_activity:kafka_event:COMMENT_DELETE###99###7###${TIME}`],
  ['COMMENT_READ', `member_activity:kafka_event:COMMENT_READ###99###7###${TIME}`],
  ['LIKE_POST', 'member_activity:kafka_event:LIKE_POST###42###7'],
  ['LIKE_POST_CANCEL', 'member_activity:kafka_event:LIKE_POST_CANCEL###42###7'],
  ['LIKE_COMMENT', 'member_activity:kafka_event:LIKE_COMMENT###99###7'],
  ['LIKE_COMMENT_CANCEL', 'member_activity:kafka_event:LIKE_COMMENT_CANCEL###99###7'],
  ['MEMBER_FOLLOW', `member_activity:kafka_event:MEMBER_FOLLOW###7###8###${TIME}`],
] as const)('the message key of %s is exactly %s', (type, key) => {
  expect(keyOf(type)).toBe(key)
})

test('a member’s act without another member has - in that place', () => {
  expect(messageKeyOf({ type: 'MEMBER_LOGIN', memberId: 7, time: TIME })).toBe(
    `member_activity:kafka_event:MEMBER_LOGIN###7###-###${TIME}`,
  )
})

test('a key is never made without the id it is about', () => {
  expect(() =>
    messageKeyOf({ type: 'COMMENT_CREATE', memberId: 7, postId: 42, time: TIME }),
  ).toThrow(/COMMENT_CREATE/)
})

test('the time of a key is written in the declared zone, with nanoseconds', () => {
  expect(nextKeyTime('Asia/Seoul', Date.UTC(2030, 0, 1, 15, 0, 0, 7))).toBe(
    '2030-01-02 00:00:00.007000000',
  )
  expect(nextKeyTime('UTC', Date.UTC(2030, 0, 1, 16))).toBe('2030-01-01 16:00:00.000000000')
})

test('a time goes on over seconds, and in several zones by turns', () => {
  const second = Date.UTC(2030, 5, 1, 15, 0, 59)
  expect(
    [0, 999, 1_000].map((milliseconds) => nextKeyTime('Asia/Seoul', second + milliseconds)),
  ).toEqual([
    '2030-06-02 00:00:59.000000000',
    '2030-06-02 00:00:59.999000000',
    '2030-06-02 00:01:00.000000000',
  ])
  expect(nextKeyTime('UTC', second + 1_001)).toBe('2030-06-01 15:01:00.001000000')
  expect(nextKeyTime('Asia/Seoul', second + 1_002)).toBe('2030-06-02 00:01:00.002000000')
})

test('no time is given twice, though the clock stands still or jumps back', () => {
  const now = Date.UTC(2031, 0, 1)
  const times = Array.from({ length: 10_000 }, (_, n) =>
    nextKeyTime('Asia/Seoul', n % 3 === 0 ? now - 60_000 : now),
  )
  expect(new Set(times).size).toBe(times.length)
  expect([...times].sort()).toEqual(times)
})

test('every type belongs to one of the five categories, and somebody listens to it', () => {
  expect(new Set(ACTIVITY_TYPES.map(categoryOf))).toEqual(
    new Set(['POST', 'COMMENT', 'POST_LIKE', 'COMMENT_LIKE', 'MEMBER']),
  )
  for (const type of ACTIVITY_TYPES) expect(subscribersOf(type)).toContain('activity')
})

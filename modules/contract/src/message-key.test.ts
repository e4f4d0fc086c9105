import { expect, test } from 'vitest'
import type { ActivityType } from './event-registry.ts'
import { messageKeyOf, nextKeyTime } from './message-key.ts'

const TIME = '2026-11-25 09:00:00.000000000'
const keyOf = (type: ActivityType) =>
  messageKeyOf({ type, memberId: 7, postId: 42, commentId: 99, targetMemberId: 8, time: TIME })

// The keys of the founding system, except COMMENT_CREATE's: see docs/decisions/0003-message-keys.md.
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

test('the key of a member event without a target member has - in that part', () => {
  expect(messageKeyOf({ type: 'MEMBER_LOGIN', memberId: 7, time: TIME })).toBe(
    `member_activity:kafka_event:MEMBER_LOGIN###7###-###${TIME}`,
  )
})

test('a message key without the id of its post or comment throws', () => {
  expect(() =>
    messageKeyOf({ type: 'COMMENT_CREATE', memberId: 7, postId: 42, time: TIME }),
  ).toThrow(/COMMENT_CREATE/)
})

test('the time of a key has nanoseconds and is in the given time zone', () => {
  expect(nextKeyTime('Asia/Seoul', Date.UTC(2030, 0, 1, 15, 0, 0, 7))).toBe(
    '2030-01-02 00:00:00.007000000',
  )
  expect(nextKeyTime('UTC', Date.UTC(2030, 0, 1, 16))).toBe('2030-01-01 16:00:00.000000000')
})

test('the time of a key crosses seconds, also when two zones alternate', () => {
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

test('no two times are equal when the clock stands still or jumps back, and they ascend', () => {
  const now = Date.UTC(2031, 0, 1)
  const times = Array.from({ length: 10_000 }, (_, n) =>
    nextKeyTime('Asia/Seoul', n % 3 === 0 ? now - 60_000 : now),
  )
  expect(new Set(times).size).toBe(times.length)
  expect([...times].sort()).toEqual(times)
})

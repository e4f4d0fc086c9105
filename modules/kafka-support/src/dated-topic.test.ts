import { expect, test } from 'vitest'
import {
  addDays,
  datedTopicOf,
  findTopicDay,
  hourOf,
  isTopicDay,
  topicDayOf,
} from './dated-topic.ts'

test('the day of a topic changes at midnight of its time zone', () => {
  expect(topicDayOf(new Date('2026-11-24T14:59:59.999Z'), 'Asia/Seoul')).toBe('20261124')
  expect(topicDayOf(new Date('2026-11-24T15:00:00.000Z'), 'Asia/Seoul')).toBe('20261125')
  expect(topicDayOf(new Date('2026-11-24T15:00:00.000Z'), 'UTC')).toBe('20261124')
  expect(hourOf(new Date('2026-11-24T15:00:00.000Z'), 'Asia/Seoul')).toBe(0)
})

test('addDays crosses months, years, leap days and changes of summer time', () => {
  expect(addDays('20261231', 1)).toBe('20270101')
  expect(addDays('20280228', 1)).toBe('20280229')
  expect(addDays('20270301', -1)).toBe('20270228')
  // In Berlin 2026-03-29 has 23 hours: adding 24 hours would miss it.
  let day = topicDayOf(new Date('2026-03-27T12:00:00Z'), 'Europe/Berlin')
  for (let n = 1; n <= 5; n += 1) {
    day = addDays(day, 1)
    expect(topicDayOf(new Date(Date.UTC(2026, 2, 27 + n, 12)), 'Europe/Berlin')).toBe(day)
  }
  expect(topicDayOf(new Date('2026-03-29T21:59:59Z'), 'Europe/Berlin')).toBe('20260329')
  expect(topicDayOf(new Date('2026-03-29T22:00:00Z'), 'Europe/Berlin')).toBe('20260330')
})

test('only topics of the prefix with an existing day are dated topics', () => {
  expect(findTopicDay('member-activity', datedTopicOf('member-activity', '20261125'))).toBe(
    '20261125',
  )
  for (const topic of [
    'member-activity-20260230',
    'member-activity-2026112',
    'member-activity',
    'member-activity-x-20261125',
    '__consumer_offsets',
  ])
    expect(findTopicDay('member-activity', topic)).toBeUndefined()
  expect(isTopicDay('20261301')).toBe(false)
})

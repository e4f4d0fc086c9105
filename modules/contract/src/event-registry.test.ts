import { expect, test } from 'vitest'
import { ACTIVITY_TYPES, categoryOf, EVENTS, isPrivate, OUTBOX_TYPES } from './event-registry.ts'
import {
  LISTENERS,
  PUBLISHERS,
  publishersTo,
  subscribersOf,
  subscriptionsOf,
} from './subscriptions.ts'

test('every published type has one of the five categories, and activity-svc receives it', () => {
  expect(new Set(ACTIVITY_TYPES.map(categoryOf))).toEqual(
    new Set(['POST', 'COMMENT', 'POST_LIKE', 'COMMENT_LIKE', 'MEMBER']),
  )
  for (const type of ACTIVITY_TYPES) expect(subscribersOf(type)).toContain('activity')
})

test('mutes stay in the outbox: they are no activity and have no listener', () => {
  expect(OUTBOX_TYPES.filter(isPrivate)).toEqual(['MEMBER_MUTE', 'MEMBER_UNMUTE'])
  expect([...EVENTS.MEMBER_MUTE.listeners, ...EVENTS.MEMBER_UNMUTE.listeners]).toEqual([])
  expect(ACTIVITY_TYPES.length).toBe(OUTBOX_TYPES.length - 2)
})

test('publishers, listeners and admitted publishers follow from the registry', () => {
  expect(PUBLISHERS).toEqual(['content', 'timeline', 'member'])
  expect(LISTENERS).toEqual(['activity', 'search', 'content'])
  expect(publishersTo('activity')).toEqual(['content', 'timeline', 'member'])
  expect(publishersTo('search')).toEqual(['content'])
  expect(publishersTo('content')).toEqual(['timeline'])
  expect(publishersTo('member')).toEqual([])
})

test('a service receives the types that name it as a listener', () => {
  expect(subscriptionsOf('content')).toEqual(['POST_READ'])
  expect(subscriptionsOf('activity')).toEqual(ACTIVITY_TYPES)
  expect(subscriptionsOf('image')).toEqual([])
})

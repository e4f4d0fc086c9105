import { expect, test } from 'vitest'
import { partitionKeyOf } from './partition-key.ts'

test('events of a post, its comments and likes share the post’s key; member events have the member’s', () => {
  for (const memberActivityType of [
    'POST_CREATE',
    'POST_READ',
    'COMMENT_DELETE',
    'LIKE_POST',
    'LIKE_COMMENT_CANCEL',
  ] as const)
    expect(partitionKeyOf({ memberActivityType, memberId: 3, postId: 12 })).toBe('post:12')
  for (const memberActivityType of ['MEMBER_FOLLOW', 'MEMBER_WITHDRAW'] as const)
    expect(partitionKeyOf({ memberActivityType, memberId: 3 })).toBe('member:3')
})

test('a type that this release does not know has the key of its post, or else of its member', () => {
  const memberActivityType = 'POST_PIN' as 'POST_CREATE'
  expect(partitionKeyOf({ memberActivityType, memberId: 3, postId: 12 })).toBe('post:12')
  expect(partitionKeyOf({ memberActivityType, memberId: 3, postId: null })).toBe('member:3')
})

import { expect, test } from 'vitest'
import { partitionKeyOf } from './partition-key.ts'

test('a post, its comments and likes share one key; what a member does to an account has the member’s', () => {
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

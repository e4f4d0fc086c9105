import { expect, test } from 'vitest'
import { createVisits } from './visits.ts'

test.each([
  ['BACK', true],
  ['FORWARD', true],
  ['GO', true],
  ['PUSH', false],
  ['REPLACE', false],
] as const)('%s is a navigation through the history: %s', (action, expected) => {
  const visits = createVisits()
  // The opposite of the expectation, so that a navigation that is not recorded fails the test.
  visits.recordNavigation(expected ? 'PUSH' : 'BACK')
  visits.recordNavigation(action)
  expect(visits.isBackNavigation()).toBe(expected)
})

test('a revisit starts the page anew, also after back', () => {
  const visits = createVisits()
  const counts: number[] = []
  visits.count.subscribe(() => counts.push(visits.count.get()))
  visits.recordNavigation('BACK')
  visits.revisit()
  expect(visits.isBackNavigation()).toBe(false)
  expect(counts).toEqual([1])
})

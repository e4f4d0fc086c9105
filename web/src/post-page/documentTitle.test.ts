import { expect, test } from 'vitest'
import { documentTitleOf } from './documentTitle.ts'

test.each([
  ['the title is used', { title: 'Bread', content: 'Flour' }, 'Bread'],
  ['without a title, the first line is used', { title: '', content: '\n Flour\nWater' }, 'Flour'],
  [
    'a long line is cut after 40 code points',
    { title: '', content: 'a'.repeat(41) },
    `${'a'.repeat(40)}…`,
  ],
])('%s', (_title, post, expected) => {
  expect(documentTitleOf(post)).toBe(expected)
})

import { ValidationError } from '@dailyfeed/contract/errors'
import { expect, test } from 'vitest'
import { isSearchable, MAX_WORDS, readKeywordOrThrow } from './keyword.ts'

test('words, "exact words" and -word are terms, without their punctuation', () => {
  expect(readKeywordOrThrow('#부산 "퇴근길  하늘!" -돼지국밥 -"two words"').terms).toEqual([
    { kind: 'WORD', word: '부산' },
    { kind: 'EXACT', words: ['퇴근길', '하늘'] },
    { kind: 'WITHOUT', words: ['돼지국밥'], exact: false },
    { kind: 'WITHOUT', words: ['two', 'words'], exact: true },
  ])
})

test('repeated filters mean any author, the later first day and the earlier last day', () => {
  expect(
    readKeywordOrThrow(
      'From:MinJi from:@sora_1 since:2026-11-01 since:2026-11-05 until:2026-11-30 until:2026-11-20 비',
    ),
  ).toEqual({
    terms: [{ kind: 'WORD', word: '비' }],
    handles: ['minji', 'sora_1'],
    since: '2026-11-05',
    until: '2026-11-20',
  })
})

test('a filter in quotes is text', () => {
  const { terms, handles } = readKeywordOrThrow('"from:minji"')
  expect([terms, handles]).toEqual([[{ kind: 'EXACT', words: ['from', 'minji'] }], undefined])
})

test('an unclosed quote extends to the end', () => {
  expect(readKeywordOrThrow('"퇴근길 하늘').terms).toEqual([
    { kind: 'EXACT', words: ['퇴근길', '하늘'] },
  ])
})

test.each([
  '',
  '   ',
  '\u3000',
  'since:',
  'since:tomorrow',
  'since:2026-02-30',
  'until:2026-13-01',
  'until:20261101',
  'since:0000-01-01',
  'a '.repeat(MAX_WORDS + 1),
  '가'.repeat(101),
  // Each of these characters is normalised to several.
  '\u3300'.repeat(26),
  '\uFDFA'.repeat(6),
])('%j is refused', (keyword) => {
  expect(() => readKeywordOrThrow(keyword)).toThrow(ValidationError)
})

test('100 normalised characters are accepted, however many characters they were before', () => {
  const word = '각'.repeat(50)
  const decomposed = `${word} ${'a'.repeat(49)}`.normalize('NFD')
  expect(decomposed.length).toBe(200)
  expect(readKeywordOrThrow(decomposed).terms).toEqual([
    { kind: 'WORD', word },
    { kind: 'WORD', word: 'a'.repeat(49) },
  ])
})

test.each([
  ['a word of 65 syllables', '가'.repeat(65)],
  ['an exact phrase', `"${'가'.repeat(70)}"`],
  ['an excluded word', `커피 -${'가'.repeat(65)}`],
  ['kana', 'カ'.repeat(66)],
])(
  '%s with more than 64 lexemes is refused with the advice to use fewer or shorter words',
  (_, keyword) => {
    expect(() => readKeywordOrThrow(keyword)).toThrow('Please use fewer or shorter words')
  },
)

test('32 words are accepted', () => {
  expect(readKeywordOrThrow('a '.repeat(MAX_WORDS)).terms.length).toBe(MAX_WORDS)
})

test.each([
  ['!?&|', false],
  ['-부산', false],
  ['""', false],
  ['ㅋㅋㅋ', false],
  ['👍', false],
  ['부산', true],
  ['from:minji', true],
  ['from:minji -부산', true],
  ['since:2026-11-01', true],
])('%s has something to search for: %s', (keyword, expected) => {
  expect(isSearchable(readKeywordOrThrow(keyword))).toBe(expected)
})

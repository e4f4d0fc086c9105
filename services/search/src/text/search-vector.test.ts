import { expect, test } from 'vitest'
import { stripEnding } from './korean-endings.ts'
import { countLexemes, textQueryOf } from './search-text.ts'
import { searchVectorOf } from './search-vector.ts'
import { normalise, runsOf, wordsOf } from './words.ts'

test('a Hangul word is indexed in pairs of syllables, as a whole, and without its particle', () => {
  expect(searchVectorOf(['부산에서'])).toBe(
    "'부산':1A '산에':2B '에서':3B '=부산에서':1A '=부산':1A",
  )
})

test('a pair across a space has weight D, so that 배달의민족 finds 배달의 민족', () => {
  expect(searchVectorOf(['배달의 민족'])).toBe(
    "'배달':1A '달의':2B '=배달의':1A '=배달':1A '의민':3D '민족':4A '=민족':4A",
  )
  expect(textQueryOf([{ kind: 'WORD', word: '배달의민족' }])?.match).toBe(
    "(('배달' <1> '달의' <1> '의민' <1> '민족') | '=배달의민족')",
  )
})

test('a Latin word is indexed by its stem and as written, a number as it is', () => {
  expect(searchVectorOf(['Running 12'])).toBe("'run':1A '=running':1A '12':2A")
})

test('no phrase spans title and text', () => {
  expect(searchVectorOf(['퇴근길', '하늘'])).not.toContain("'길하'")
  expect(searchVectorOf(['퇴근길 하늘'])).toContain("'길하'")
})

test('decomposed Hangul, full-width letters, capitals and accents equal their plain forms', () => {
  expect(normalise('부산'.normalize('NFD'))).toBe('부산')
  expect(normalise('ＮｏｄＥ Café Ünïcode')).toBe('node cafe unicode')
})

test('scripts separate the runs of a word; single jamo, emoji and punctuation separate words', () => {
  expect(wordsOf('node서버 ㅋㅋㅋ#오운완 a_b 東京タワー')).toEqual([
    'node서버',
    '오운완',
    'a',
    'b',
    '東京タワー',
  ])
  expect(runsOf('node서버2')).toEqual([
    { text: 'node', script: 'LATIN' },
    { text: '서버', script: 'HANGUL' },
    { text: '2', script: 'DIGITS' },
  ])
})

test.each([
  ['한글은', '한글'],
  ['부산에서', '부산'],
  ['학교까지', '학교'],
  ['추천합니다', '추천'],
  ['맛있는데', '맛있'],
  ['책을', '책'],
  ['판다', '판다'],
  ['은', '은'],
  ['커피', '커피'],
])('stripEnding(%s) is %s', (word, bare) => {
  expect(stripEnding(word)).toBe(bare)
})

test('a word of two syllables does not match across a space, a phrase of two syllables does', () => {
  expect(textQueryOf([{ kind: 'WORD', word: '부산' }])?.match).toBe("(('부산':AB) | '=부산')")
  expect(textQueryOf([{ kind: 'EXACT', words: ['책', '집'] }])?.match).toBe("('책집')")
})

test('one syllable matches as a whole word only, and exact Latin words as written', () => {
  expect(textQueryOf([{ kind: 'WORD', word: '책' }])).toEqual({
    candidate: "('=책')",
    match: "('=책')",
    wholeWord: "'=책'",
    rank: "'=책'",
  })
  expect(textQueryOf([{ kind: 'EXACT', words: ['new', 'releases', '나왔다'] }])?.match).toBe(
    "('=new' <1> '=releases' <1> '나왔' <1> '왔다')",
  )
})

test('a repeated word is one condition', () => {
  const word = { kind: 'WORD', word: 'a' } as const
  expect(textQueryOf([word, word, word])?.match).toBe("('a')")
})

const lexemesOf = (text: string): number => searchVectorOf([text]).split(' ').length
/** `count` different syllables, in an order in which no pair occurs twice. */
const syllables = (count: number) =>
  Array.from({ length: count }, (_, n) => String.fromCodePoint(0xac00 + n))

test('a long word is indexed by its first 256 syllables', () => {
  const word = syllables(5_000).join('')
  expect(lexemesOf(word)).toBeLessThan(300)
  expect(searchVectorOf([`${word} 하늘`])).toContain("'=하늘':258A")
})

test('the vector of any text of the maximum length has at most 10,000 lexemes', () => {
  const texts = [
    syllables(5_000).join(''),
    syllables(2_500).join(' '),
    syllables(5_000)
      .map((syllable, n) => (n % 6 === 5 ? ' ' : syllable))
      .join(''),
    '\ufdfa'.repeat(5_000),
    '㌀㍇'.repeat(2_500),
  ]
  for (const text of texts) expect(lexemesOf(text)).toBeLessThanOrEqual(10_000)
})

test('candidates are found without positions, weights and exclusions, which only a vector decides', () => {
  const query = textQueryOf([
    { kind: 'WORD', word: '배달의민족' },
    { kind: 'EXACT', words: ['new', 'releases'] },
    { kind: 'WITHOUT', words: ['old'], exact: false },
  ])
  expect(query?.candidate).toBe(
    "(('배달' & '달의' & '의민' & '민족') | '=배달의민족') & ('=new' & '=releases')",
  )
  expect(query?.match).toContain("& !('old')")
  expect(query?.rank).toBe(
    "'배달' | '달의' | '의민' | '민족' | '=배달의민족' | '=new' | '=releases'",
  )
})

test('exclusions alone propose no candidates and have no rank', () => {
  expect(textQueryOf([{ kind: 'WITHOUT', words: ['old'], exact: false }])).toEqual({
    candidate: null,
    match: "!('old')",
    wholeWord: null,
    rank: null,
  })
})

test.each([
  ['커피', 2],
  ['부산에서', 5],
  ['coffee', 1],
])('%s costs %i lexemes', (word, lexemes) => {
  expect(countLexemes([{ kind: 'WORD', word }])).toBe(lexemes)
})

test('a lexeme keeps its first 32 positions', () => {
  const positions = /'=a':(\S+)/.exec(searchVectorOf(['a '.repeat(100)]))?.[1]?.split(',')
  expect(positions).toEqual(Array.from({ length: 32 }, (_, n) => `${n + 1}A`))
})

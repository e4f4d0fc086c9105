import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readActivityConfigOrThrow } from '../config.ts'
import { createBlockedTerms, readBlockedTermsOrThrow } from './blocked-terms.ts'
import { createTermAutomaton } from './term-automaton.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'blocked-terms-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const terms = createBlockedTerms([
  '도박',
  '온라인카지노',
  'SM도박',
  'ass',
  'online casino',
  'Viagra',
  'straße',
  'ΛΟΓΟΣ',
  '赌博',
])
const found = (text: string) => terms.findIn(text)?.terms ?? []

test.each([
  ['도박', ['도박']],
  ['이것은 도박이다', ['도박']],
  ['도 박', ['도박']],
  ['도.박', ['도박']],
  ['도 - 박!', ['도박']],
  ['도\u200b박', ['도박']],
  ['온 라 인 카 지 노', ['온라인카지노']],
  ['온라인\n카지노', ['온라인카지노']],
  ['도\u0336박\u0336', ['도박']],
  ['\u1103\u1169\u1107\u1161\u11a8', ['도박']],
  ['ＳＭ 도박', ['도박', 'SM도박']],
  ['在线赌.博', ['赌博']],
] as const)(
  'a Korean term is found inside words and with anything between its letters: %j',
  (text, expected) => {
    expect(found(text)).toEqual(expected)
  },
)

test.each(['나도 박수를 쳤다', '그래도 박물관에 간다', '도대체 박', '도', '박도', '도가박'])(
  'across a space a Korean term counts only where it begins as a word: %j has none',
  (text) => {
    expect(found(text)).toEqual([])
  },
)

test.each([
  ['ass', ['ass']],
  ['ASS!', ['ass']],
  ['(ass)', ['ass']],
  ['ａｓｓ', ['ass']],
  ['a\u200bss', ['ass']],
  ['ass를', ['ass']],
  ['한ass글', ['ass']],
  ['online casino', ['online casino']],
  ['ONLINE-Casino', ['online casino']],
  ['online \n  casino에서', ['online casino']],
  ['vıagra VIAGRA', ['Viagra']],
  ['STRASSE', ['straße']],
  ['λογος, λογοσ', ['ΛΟΓΟΣ']],
] as const)(
  'a term of other letters is found as a whole word, in any case and width: %j',
  (text, expected) => {
    expect(found(text)).toEqual(expected)
  },
)

test.each([
  'class',
  'assign',
  'glass',
  'ass1',
  '1ass',
  'onlinecasino',
  'online casinos',
  'online my casino',
  'viagrä',
  '',
  ' ',
  '\ud800',
  '🎰',
])('an English term is not found inside another word: %j', (text) => {
  expect(found(text)).toEqual([])
})

test('findIn returns the terms, the text in NFKC and the index of the first hit', () => {
  expect(terms.findIn('나의 ＡＳＳ, 그리고 도박')).toEqual({
    terms: ['도박', 'ass'],
    text: '나의 ASS, 그리고 도박',
    index: expect.any(Number),
  })
  expect(terms.findIn('1234도박')?.index).toBe(4)
})

test('the automaton finds the same occurrences as comparing every word at every index', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(
      fc.uniqueArray(word, { maxLength: 30 }),
      fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd'), maxLength: 60 }),
      (words, text) => {
        const symbolsOf = (one: string) =>
          Int32Array.from(one, (letter) => letter.codePointAt(0) ?? 0)
        const hits: string[] = []
        createTermAutomaton(words.map(symbolsOf)).scan(symbolsOf(text), (index, first, last) => {
          expect(text.slice(first, last + 1)).toBe(words[index])
          hits.push(`${index}@${first}`)
        })
        const expected = words.flatMap((one, index) =>
          Array.from(text, (_, at) => at).flatMap((at) =>
            text.startsWith(one, at) ? [`${index}@${at}`] : [],
          ),
        )
        expect(hits.sort()).toEqual(expected.sort())
      },
    ),
    { numRuns: 500 },
  )
})

test('a term between any other words is found', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (before, after) => {
      found(before + after)
      expect(found(`${before} ass ${after}`)).toContain('ass')
      expect(found(`${before}도박${after}`)).toContain('도박')
    }),
    { numRuns: 500 },
  )
})

/**
 * The mean CPU time of one run, in milliseconds: other load on the machine does not count. Repeats
 * the run until the total is well above the resolution of the clock, which may be 10 ms.
 */
function cpuTimeOf(work: () => void): number {
  const before = process.threadCpuUsage()
  for (let runs = 1; ; runs += 1) {
    work()
    const { user, system } = process.threadCpuUsage(before)
    if (user + system > 100_000) return (user + system) / 1_000 / runs
  }
}

test('searching for 10,000 terms takes less than 1/45 of searching for one after the other', () => {
  const many = Array.from({ length: 10_000 }, (_, n) =>
    n % 2 === 0
      ? `term${n.toString(36)}`
      : `가나${String.fromCodePoint(0xac00 + n, 0xac00 + ((n * 7) % 11_172))}`,
  )
  const nested = Array.from({ length: 49 }, (_, n) => '가'.repeat(n + 2))
  const terms = [...many, ...nested]
  const blocked = createBlockedTerms(terms)
  const ofOneLetter = '가'.repeat(5_000)
  const texts = [
    ofOneLetter,
    many.join(' ').slice(0, 5_000),
    many.join('').slice(0, 5_000),
    `${'가 '.repeat(2_500)}`,
    'ab'.repeat(2_500),
    '가나'.repeat(2_500),
  ]
  const oneByOne = cpuTimeOf(() => terms.filter((term) => ofOneLetter.includes(term)))
  // About 5 ms, where searching for one term after the other takes 225 ms.
  for (const text of texts)
    expect(cpuTimeOf(() => blocked.findIn(text))).toBeLessThan(oneByOne / 45)
})

test('search time is linear in the length of the text', () => {
  const blocked = createBlockedTerms(
    Array.from({ length: 49 }, (_, n) => `${'가'.repeat(n + 1)}나`),
  )
  const short = cpuTimeOf(() => blocked.findIn('가'.repeat(50_000)))
  expect(cpuTimeOf(() => blocked.findIn('가'.repeat(500_000)))).toBeLessThan(short * 30)
})

function fileOf(content: string | Buffer): string {
  const path = join(folder, 'terms.txt')
  writeFileSync(path, content)
  return path
}

test('a file has one term per line; comments, empty lines and a byte order mark are ignored', () => {
  const blocked = readBlockedTermsOrThrow(
    fileOf('\ufeff# list\r\n\r\n  도박  # gambling\rFree Money\n#도깨비\n'),
  )
  expect(blocked.findIn('도박 free money 도깨비')?.terms).toEqual(['도박', 'Free Money'])
  expect(readBlockedTermsOrThrow(fileOf('# nothing is blocked\n')).findIn('도박')).toBeUndefined()
})

test('a wrong file is refused in one line that names the setting and the fault', () => {
  const refusal = (path: string) => {
    try {
      readActivityConfigOrThrow({ DATABASE_URL: 'postgres://a', BLOCKED_TERMS_FILE: path })
    } catch (error) {
      return error as Error
    }
    return undefined
  }
  for (const [path, fault] of [
    [join(folder, 'missing.txt'), 'cannot be read'],
    [folder, 'cannot be read'],
    [fileOf(Buffer.from([0xff, 0xfe, 0x41])), 'is not UTF-8'],
  ] as const) {
    expect(refusal(path)).toMatchObject({
      name: 'ConfigurationError',
      message: expect.stringContaining(`BLOCKED_TERMS_FILE is '${path}', which ${fault}`),
    })
  }
  for (const [content, fault] of [
    ['도박\n...\n', 'has a term of less than 2 letters in line 2'],
    ['박\n', 'has a term of less than 2 letters in line 1'],
    [`도박\n\n${'가'.repeat(51)}\n`, 'has a term of more than 50 letters in line 3'],
    ['도박\n'.repeat(100_001), 'has more than 100000 terms'],
    ['#'.repeat(8_000_001), 'is larger than 8000000 bytes'],
  ] as const) {
    const message = refusal(fileOf(content))?.message
    expect(message).toContain(fault)
    expect(message).not.toContain('\n')
  }
})

test('the default list finds its terms and no ordinary words', () => {
  const { BLOCKED_TERMS } = readActivityConfigOrThrow({
    DATABASE_URL: 'postgres://a',
    CURSOR_KEY: 'the-cursor-key-of-activity-svc-in-tests-only',
    INTERNAL_CALLERS: `content:${'0'.repeat(64)}`,
  })
  expect(BLOCKED_TERMS.findIn('오늘만 온라인 카지노 가입')?.terms).toEqual(['온라인카지노'])
  for (const text of [
    '오늘 수업 class 에서 대출 도서를 반납했다',
    '시발점부터 다시',
    'I assumed the password was in Essex',
    '나도 박수를 보낸다',
  ])
    expect(BLOCKED_TERMS.findIn(text)).toBeUndefined()
})

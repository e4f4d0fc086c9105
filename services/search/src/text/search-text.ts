import { stripEnding } from './korean-endings.ts'
import { exactFormOf, isSyllabic, pairsOf, type Run, runsOf, stemOf, wholeWord } from './words.ts'

/** A condition that a text must, or must not, satisfy. Words are normalised and without punctuation. */
export type Term =
  | { kind: 'WORD'; word: string }
  | { kind: 'EXACT'; words: string[] }
  | { kind: 'WITHOUT'; words: string[]; exact: boolean }

/** Two tsqueries, as text. */
export interface TextQuery {
  /** Must match. */
  match: string
  /** Hits that match it come first: a searched word occurs as a whole word, as 부산 does not in 기부산업. */
  wholeWord: string | null
}

/** The queries of the vectors of `search-vector.ts`. Undefined if there is no term. */
export function textQueryOf(terms: readonly Term[]): TextQuery | undefined {
  if (terms.length === 0) return undefined
  const wholeWords = new Set(
    terms.flatMap((term) => (term.kind === 'WORD' ? wholeWordOf(term.word) : [])),
  )
  return {
    match: [...new Set(terms.map(conditionOf))].join(' & '),
    wholeWord: wholeWords.size === 0 ? null : [...wholeWords].join(' | '),
  }
}

function conditionOf(term: Term): string {
  if (term.kind === 'WORD') return wordCondition(term.word)
  if (term.kind === 'EXACT') return `(${phraseOf(term.words, true)})`
  return `!(${phraseOf(term.words, term.exact)})`
}

const isHangul = (word: string) => /^[가-힣]+$/.test(word)
const quoted = (lexeme: string) => `'${lexeme}'`

/** A Hangul word matches as it is, without its particle (부산에서 finds 부산), and as a whole word. */
function wordCondition(word: string): string {
  const plain = `(${phraseOf([word], false)})`
  if (!isHangul(word) || word.length === 1) return plain
  const bare = stripEnding(word)
  const alternatives = [
    plain,
    ...(bare !== word && bare.length > 1 ? [`(${phraseOf([bare], false)})`] : []),
    quoted(wholeWord(word)),
  ]
  return `(${alternatives.join(' | ')})`
}

function wholeWordOf(word: string): string[] {
  if (!isHangul(word)) return []
  const bare = stripEnding(word)
  // A remaining single syllable may not be a word, so 물은 is searched as 물은.
  return [quoted(wholeWord(bare.length > 1 ? bare : word))]
}

interface Step {
  lexeme: string
  /** Positions from here to the next step. */
  distance: number
}

/** The words in their order, next to each other. `exact`: Latin words as written, not by stem. */
function phraseOf(words: readonly string[], exact: boolean): string {
  const steps = joined(words).flatMap(({ run, spansWords }) => stepsOf(run, { exact, spansWords }))
  return steps
    .map(({ lexeme }, index) =>
      index === 0 ? lexeme : `<${steps[index - 1]?.distance}> ${lexeme}`,
    )
    .join(' ')
}

/** Syllables on both sides of a space form one run, as their vector has the pair across it: 퇴근길 하늘 is 퇴근길하늘. */
function joined(words: readonly string[]): { run: Run; spansWords: boolean }[] {
  const runs: { run: Run; spansWords: boolean }[] = []
  for (const run of words.flatMap(runsOf)) {
    const last = runs.at(-1)
    if (last !== undefined && isSyllabic(last.run) && isSyllabic(run)) {
      last.run = { ...last.run, text: `${last.run.text}${run.text}` }
      last.spansWords = true
    } else runs.push({ run, spansWords: false })
  }
  return runs
}

function stepsOf(run: Run, { exact, spansWords }: { exact: boolean; spansWords: boolean }): Step[] {
  if (!isSyllabic(run))
    return [{ lexeme: quoted(exact ? exactFormOf(run) : stemOf(run)), distance: 1 }]
  const pairs = pairsOf(run.text)
  // One syllable matches only as a whole word: 책 is not in 정책.
  if (pairs.length === 0) return [{ lexeme: quoted(wholeWord(run.text)), distance: 1 }]
  // A word of two syllables must not match across a space (weight D): 부산 is not in 기부 산업.
  const within = pairs.length === 1 && !spansWords ? ':AB' : ''
  // The last pair covers two positions.
  return pairs.map((pair, index) => ({
    lexeme: `${quoted(pair)}${within}`,
    distance: index === pairs.length - 1 ? 2 : 1,
  }))
}

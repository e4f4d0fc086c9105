import { stripEnding } from './korean-endings.ts'
import { exactFormOf, isSyllabic, pairsOf, type Run, runsOf, stemOf, wholeWord } from './words.ts'

/**
 * A condition that a text must, or must not, satisfy. Words are normalised and without punctuation.
 */
export type Term =
  | { kind: 'WORD'; word: string }
  | { kind: 'EXACT'; words: string[] }
  | { kind: 'WITHOUT'; words: string[]; exact: boolean }

/** The tsqueries of a search, as text. Each operand is quoted and has no quote inside. */
export interface TextQuery {
  /**
   * Every hit matches it, and the index decides it alone: it asks for no positions, no weights and
   * no exclusion, so that PostgreSQL reads no vector. Null if there is nothing but exclusions.
   */
  candidate: string | null
  /** Every hit matches it. */
  match: string
  /**
   * Hits that match it come first: a searched word occurs as a whole word, as 부산 does not in 기부산업.
   */
  wholeWord: string | null
  /**
   * Any lexeme that may occur. The time to rank by alternatives grows with the positions of a
   * lexeme; by a conjunction it grows with the square of lexemes and positions.
   */
  rank: string | null
}

/** The queries of the vectors of `search-vector.ts`. Undefined if there is no term. */
export function textQueryOf(terms: readonly Term[]): TextQuery | undefined {
  if (terms.length === 0) return undefined
  const required = terms.filter(({ kind }) => kind !== 'WITHOUT')
  const lexemes = required.flatMap((term) =>
    phrasesOf(term)
      .flat()
      .map(({ lexeme }) => lexeme),
  )
  return {
    candidate: joinOnce(required.map(candidateOf), ' & '),
    match: joinOnce(terms.map(conditionOf), ' & ') ?? '',
    wholeWord: joinOnce(required.flatMap(wholeWordOf), ' | '),
    rank: joinOnce(lexemes, ' | '),
  }
}

/** How many operands PostgreSQL evaluates for a candidate: the measure of what a search costs. */
export function countLexemes(terms: readonly Term[]): number {
  const { match = '' } = textQueryOf(terms) ?? {}
  return (match.match(/'/g)?.length ?? 0) / 2
}

const joinOnce = (parts: readonly string[], operator: string): string | null =>
  parts.length === 0 ? null : [...new Set(parts)].join(operator)

/** A lexeme at its position in a phrase. */
interface Step {
  lexeme: string
  /** The weights that the position must have; empty: any. */
  weights: string
  /** Positions from here to the next step. */
  distance: number
}

type Phrase = readonly Step[]

/**
 * The phrases of which one must occur. A Hangul word matches as it is, without its particle (부산에서
 * finds 부산), and as a whole word.
 */
function phrasesOf(term: Term): Phrase[] {
  if (term.kind === 'EXACT') return [phraseOf(term.words, true)]
  if (term.kind === 'WITHOUT') return [phraseOf(term.words, term.exact)]
  const { word } = term
  const plain = phraseOf([word], false)
  if (!isHangul(word) || word.length === 1) return [plain]
  const bare = stripEnding(word)
  return [
    plain,
    ...(bare !== word && bare.length > 1 ? [phraseOf([bare], false)] : []),
    [wholeWordStep(word)],
  ]
}

function conditionOf(term: Term): string {
  const condition = anyOf(phrasesOf(term).map(phraseText))
  return term.kind === 'WITHOUT' ? `!${condition}` : condition
}

const candidateOf = (term: Term): string =>
  anyOf(phrasesOf(term).map((steps) => steps.map(({ lexeme }) => lexeme).join(' & ')))

/** A single lexeme stays without parentheses of its own. */
function anyOf(alternatives: readonly string[]): string {
  if (alternatives.length === 1) return `(${alternatives[0]})`
  return `(${alternatives.map((text) => (isLexeme(text) ? text : `(${text})`)).join(' | ')})`
}

const isLexeme = (text: string): boolean => /^'[^']*'$/.test(text)
const isHangul = (word: string) => /^[가-힣]+$/.test(word)
const quoted = (lexeme: string) => `'${lexeme}'`

function wholeWordOf(term: Term): string[] {
  if (term.kind !== 'WORD' || !isHangul(term.word)) return []
  const bare = stripEnding(term.word)
  // A remaining single syllable may not be a word, so 물은 is searched as 물은.
  return [quoted(wholeWord(bare.length > 1 ? bare : term.word))]
}

const wholeWordStep = (text: string): Step => ({
  lexeme: quoted(wholeWord(text)),
  weights: '',
  distance: 1,
})

/** The words in their order, next to each other. `exact`: Latin words as written, not by stem. */
const phraseOf = (words: readonly string[], exact: boolean): Step[] =>
  joined(words).flatMap(({ run, spansWords }) => stepsOf(run, { exact, spansWords }))

const phraseText = (steps: Phrase): string =>
  steps
    .map(({ lexeme, weights }, index) => {
      const operand = `${lexeme}${weights}`
      return index === 0 ? operand : `<${steps[index - 1]?.distance}> ${operand}`
    })
    .join(' ')

/**
 * Syllables on both sides of a space form one run, as their vector has the pair across it: 퇴근길 하늘
 * is 퇴근길하늘.
 */
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
  if (!isSyllabic(run)) {
    const lexeme = quoted(exact ? exactFormOf(run) : stemOf(run))
    return [{ lexeme, weights: '', distance: 1 }]
  }
  const pairs = pairsOf(run.text)
  // One syllable matches only as a whole word: 책 is not in 정책.
  if (pairs.length === 0) return [wholeWordStep(run.text)]
  // A word of two syllables must not match across a space (weight D): 부산 is not in 기부 산업.
  const weights = pairs.length === 1 && !spansWords ? ':AB' : ''
  // The last pair covers two positions.
  return pairs.map((pair, index) => ({
    lexeme: quoted(pair),
    weights,
    distance: index === pairs.length - 1 ? 2 : 1,
  }))
}

import { readFileSync, statSync } from 'node:fs'
import { ConfigurationError } from '@dailyfeed/configuration/read-config'
import { createTermAutomaton } from './term-automaton.ts'
import { isCompact, type Reading, readText } from './term-text.ts'

export interface TermHits {
  /** As the list spells them, in its order. */
  terms: string[]
  /** The text in NFKC, and where in it the first hit begins. */
  text: string
  place: number
}

export interface BlockedTerms {
  /** Undefined where the text has none of them. */
  findIn(text: string): TermHits | undefined
}

/** Bounds of a file; with them the time for a text stays linear in the text alone. */
const MAX_FILE_BYTES = 8_000_000
const MAX_TERMS = 100_000
const MAX_TERM_LETTERS = 50
const MIN_TERM_LETTERS = 2

/** Reads a list of terms, one a line; `#` begins a comment. Throws ConfigurationError in one line. */
export function readBlockedTermsOrThrow(path: string): BlockedTerms {
  return createBlockedTerms(termsOf(path, readFileOrThrow(path)))
}

function readFileOrThrow(path: string): string {
  let bytes: Buffer
  try {
    if (statSync(path).size > MAX_FILE_BYTES)
      throw wrongFile(path, `is larger than ${MAX_FILE_BYTES} bytes`)
    bytes = readFileSync(path)
  } catch (error) {
    if (error instanceof ConfigurationError) throw error
    throw wrongFile(path, 'cannot be read')
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw wrongFile(path, 'is not UTF-8')
  }
}

function termsOf(path: string, text: string): string[] {
  const terms = text.split(/\r\n|\r|\n/).flatMap((line, index) => {
    const term = withoutComment(line).trim()
    if (term === '') return []
    const letters = readText(term).compact.symbols.length
    if (letters < MIN_TERM_LETTERS)
      throw wrongFile(
        path,
        `has a term of less than ${MIN_TERM_LETTERS} letters in line ${index + 1}`,
      )
    if (letters > MAX_TERM_LETTERS)
      throw wrongFile(
        path,
        `has a term of more than ${MAX_TERM_LETTERS} letters in line ${index + 1}`,
      )
    return [term]
  })
  if (terms.length > MAX_TERMS) throw wrongFile(path, `has more than ${MAX_TERMS} terms`)
  return terms
}

function withoutComment(line: string): string {
  const at = line.indexOf('#')
  return at === -1 ? line : line.slice(0, at)
}

const wrongFile = (path: string, fault: string) =>
  new ConfigurationError(
    `BLOCKED_TERMS_FILE is '${path}', which ${fault}; it must be a UTF-8 text file with one term a line`,
  )

export function createBlockedTerms(terms: readonly string[]): BlockedTerms {
  const compact = finderOf(terms.filter(isCompact), (term) => readText(term).compact.symbols)
  const words = finderOf(
    terms.filter((term) => !isCompact(term)),
    (term) => readText(term).words.symbols,
  )
  const order = new Map(terms.map((term, index) => [term, index]))

  return {
    findIn(original) {
      const { text, compact: letters, words: inWords } = readText(original)
      const found = [
        // '도 박' is an evasion, but '나도 박수' is not: across a space a term has to begin where a word does.
        ...compact.findIn(
          letters,
          (first, last) =>
            letters.spaces[first] === letters.spaces[last] || letters.starts[first] === 1,
        ),
        ...words.findIn(inWords, () => true),
      ]
      if (found.length === 0) return undefined
      found.sort((one, other) => (order.get(one.term) ?? 0) - (order.get(other.term) ?? 0))
      return {
        terms: found.map(({ term }) => term),
        text,
        place: Math.min(...found.map(({ place }) => place)),
      }
    },
  }
}

interface FoundTerm {
  term: string
  /** Where it stands first. */
  place: number
}

/** Of terms that are read alike the first counts. */
function finderOf(terms: readonly string[], symbolsOf: (term: string) => Int32Array) {
  const distinct = new Map<string, { term: string; symbols: Int32Array }>()
  for (const term of terms) {
    const symbols = symbolsOf(term)
    const key = symbols.join(' ')
    if (!distinct.has(key)) distinct.set(key, { term, symbols })
  }
  const kept = [...distinct.values()]
  const automaton = createTermAutomaton(kept.map(({ symbols }) => symbols))

  return {
    findIn(
      { symbols, places }: Reading,
      counts: (first: number, last: number) => boolean,
    ): FoundTerm[] {
      const placeOf = new Map<number, number>()
      automaton.scan(symbols, (word, first, last) => {
        if (placeOf.has(word) || !counts(first, last)) return
        placeOf.set(word, places[first] ?? 0)
      })
      return [...placeOf].map(([word, place]) => ({ term: kept[word]?.term ?? '', place }))
    },
  }
}

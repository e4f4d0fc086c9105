import { readFileSync, statSync } from 'node:fs'
import { ConfigurationError } from '@dailyfeed/configuration/read-config'
import { createTermAutomaton } from './term-automaton.ts'
import { isCompact, type Reading, readText } from './term-text.ts'

export interface TermHits {
  /** Spelt as in the list, and in its order. */
  terms: string[]
  /** The text in NFKC. */
  text: string
  /** Where in it the first hit begins, in UTF-16 code units. */
  index: number
}

export interface BlockedTerms {
  /** Undefined if the text contains no term. */
  findIn(text: string): TermHits | undefined
}

/** Limits of a file, so that the time to search a text depends on the text alone. */
const MAX_FILE_BYTES = 8_000_000
const MAX_TERMS = 100_000
const MAX_TERM_LENGTH = 50
const MIN_TERM_LENGTH = 2

/** Reads a list of terms, one per line; `#` begins a comment. Throws a ConfigurationError of one line. */
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
    if (letters < MIN_TERM_LENGTH)
      throw wrongFile(
        path,
        `has a term of less than ${MIN_TERM_LENGTH} letters in line ${index + 1}`,
      )
    if (letters > MAX_TERM_LENGTH)
      throw wrongFile(
        path,
        `has a term of more than ${MAX_TERM_LENGTH} letters in line ${index + 1}`,
      )
    return [term]
  })
  if (terms.length > MAX_TERMS) throw wrongFile(path, `has more than ${MAX_TERMS} terms`)
  return terms
}

function withoutComment(line: string): string {
  const index = line.indexOf('#')
  return index === -1 ? line : line.slice(0, index)
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
        // '도 박' evades the filter, but '나도 박수' does not: a term that spans a space has to begin
        // at the beginning of a word.
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
        index: Math.min(...found.map(({ index }) => index)),
      }
    },
  }
}

interface FoundTerm {
  term: string
  /** The position of its first occurrence. */
  index: number
}

/** The first of several terms that are equal after folding is reported. */
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
      { symbols, indexes }: Reading,
      counts: (first: number, last: number) => boolean,
    ): FoundTerm[] {
      const firstIndexes = new Map<number, number>()
      automaton.scan(symbols, (word, first, last) => {
        if (firstIndexes.has(word) || !counts(first, last)) return
        firstIndexes.set(word, indexes[first] ?? 0)
      })
      return [...firstIndexes].map(([word, index]) => ({ term: kept[word]?.term ?? '', index }))
    },
  }
}

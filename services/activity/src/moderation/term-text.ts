/**
 * Terms and texts are compared in NFKC, case folded and without invisible characters. A text has
 * two readings.
 *
 * `compact` holds only its letters and digits: Korean, Chinese and Japanese words are found
 * anywhere, whatever stands between their letters. `words` holds its words with one space around
 * each, and the letters of those three languages as spaces: ` ass ` is not in ` class `, but
 * ` casino ` is in `casino를`.
 */
export interface ReadText {
  /** The text in NFKC, to which the indexes below refer. */
  text: string
  compact: Reading
  words: Reading
}

export interface Reading {
  /** Code points. */
  symbols: Int32Array
  /** The index in the text that each comes from. */
  indexes: Int32Array
  /** The number of white spaces before each. */
  spaces: Int32Array
  /** 1 for the first one, and for each one after a character that is no letter and no digit. */
  starts: Uint8Array
}

const INVISIBLE = 0
const SPACE = 1
const SEPARATOR = 2
const COMPACT = 3
const WORD = 4

/** Zero-width characters and fillers, and combining strokes and dots. */
const IS_INVISIBLE = /^[\p{Default_Ignorable_Code_Point}\p{Script=Inherited}]$/u
const IS_SPACE = /^\s$/u
/** Scripts without spaces between words, or with particles attached to them. */
const IS_COMPACT = /^[\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]$/u
const IS_LETTER = /^[\p{L}\p{M}\p{N}]$/u
const SPACE_SYMBOL = 32

interface Folded {
  kind: number
  symbols: readonly number[]
}

/** Code points below this are folded once: the regular expressions cost more than all the rest. */
const CACHED_BELOW = 0x1_00_00
const cached: (Folded | undefined)[] = new Array(CACHED_BELOW)

function foldedOf(point: number): Folded {
  const known = cached[point]
  if (known !== undefined) return known
  const character = String.fromCodePoint(point)
  // Upper case and back folds more than lower case alone: 'ß' to 'ss', and both small sigmas to one.
  const symbols = Array.from(character.toUpperCase().toLowerCase()).filter(
    (one) => !IS_INVISIBLE.test(one),
  )
  const folded: Folded = {
    kind: kindOf(character),
    symbols: symbols.map((one) => one.codePointAt(0) ?? 0),
  }
  if (point < CACHED_BELOW) cached[point] = folded
  return folded
}

function kindOf(character: string): number {
  if (IS_INVISIBLE.test(character)) return INVISIBLE
  if (IS_SPACE.test(character)) return SPACE
  if (!IS_LETTER.test(character)) return SEPARATOR
  return IS_COMPACT.test(character) ? COMPACT : WORD
}

/** A letter folds to at most three symbols. */
const MAX_SYMBOLS_PER_LETTER = 3

class GrowingReading {
  readonly #symbols: Int32Array
  readonly #indexes: Int32Array
  readonly #spaces: Int32Array
  readonly #starts: Uint8Array
  #length = 0

  constructor(size: number) {
    this.#symbols = new Int32Array(size)
    this.#indexes = new Int32Array(size)
    this.#spaces = new Int32Array(size)
    this.#starts = new Uint8Array(size)
  }

  add(symbol: number, index: number, spaces: number, start: number): void {
    const end = this.#length
    this.#symbols[end] = symbol
    this.#indexes[end] = index
    this.#spaces[end] = spaces
    this.#starts[end] = start
    this.#length = end + 1
  }

  endWord(index: number): void {
    if (this.#length === 0 || this.#symbols[this.#length - 1] !== SPACE_SYMBOL)
      this.add(SPACE_SYMBOL, index, 0, 0)
  }

  read(): Reading {
    return {
      symbols: this.#symbols.subarray(0, this.#length),
      indexes: this.#indexes.subarray(0, this.#length),
      spaces: this.#spaces.subarray(0, this.#length),
      starts: this.#starts.subarray(0, this.#length),
    }
  }
}

export function readText(original: string): ReadText {
  const text = original.normalize('NFKC')
  const size = text.length * MAX_SYMBOLS_PER_LETTER + 2
  const compact = new GrowingReading(size)
  const words = new GrowingReading(size)
  let spaces = 0
  let start = 1

  words.endWord(0)
  for (let index = 0; index < text.length; ) {
    const point = text.codePointAt(index) ?? 0
    const { kind, symbols } = foldedOf(point)
    if (kind === COMPACT || kind === WORD) {
      for (const symbol of symbols) {
        compact.add(symbol, index, spaces, start)
        if (kind === WORD) words.add(symbol, index, spaces, start)
        start = 0
      }
    } else if (kind !== INVISIBLE) {
      if (kind === SPACE) spaces += 1
      start = 1
    }
    if (kind === COMPACT || kind === SPACE || kind === SEPARATOR) words.endWord(index)
    index += point < CACHED_BELOW ? 1 : 2
  }
  words.endWord(text.length)
  return { text, compact: compact.read(), words: words.read() }
}

/** Whether a term is searched in the compact reading: it has a letter of one of those scripts. */
export const isCompact = (term: string): boolean =>
  Array.from(term.normalize('NFKC')).some((character) => kindOf(character) === COMPACT)

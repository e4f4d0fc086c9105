/**
 * How terms and texts are compared: NFKC, case folded, without what cannot be seen. Of one text there are two readings.
 *
 * `compact` holds its letters and digits alone, since Korean, Chinese and Japanese words are found wherever they stand,
 * with whatever between their letters. `words` holds its words with one space around each, and the letters of those three
 * as spaces, so that ` ass ` is not in ` class ` but ` casino ` is in `casino를`.
 */
export interface ReadText {
  /** In NFKC: what the places below are places in. */
  text: string
  compact: Reading
  words: Reading
}

export interface Reading {
  /** Code points. */
  symbols: Int32Array
  /** Where in the text each comes from. */
  places: Int32Array
  /** How many white spaces stand before each. */
  spaces: Int32Array
  /** 1 for each that is the first, or stands behind something that is no letter and no digit. */
  starts: Uint8Array
}

const UNSEEN = 0
const SPACE = 1
const SEPARATOR = 2
const COMPACT = 3
const WORD = 4

/** Zero-width characters and fillers; strokes and dots that are laid over a letter. */
const IS_UNSEEN = /^[\p{Default_Ignorable_Code_Point}\p{Script=Inherited}]$/u
const IS_SPACE = /^\s$/u
/** Written without spaces, or with particles attached. */
const IS_COMPACT = /^[\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]$/u
const IS_LETTER = /^[\p{L}\p{M}\p{N}]$/u
const SPACE_SYMBOL = 32

interface Folded {
  kind: number
  symbols: readonly number[]
}

/** Of each code point below this once: a regular expression per letter would cost more than all the rest. */
const KEPT_BELOW = 0x1_00_00
const kept: (Folded | undefined)[] = new Array(KEPT_BELOW)

function foldedOf(point: number): Folded {
  const known = kept[point]
  if (known !== undefined) return known
  const character = String.fromCodePoint(point)
  // Up and down again folds more than down alone: 'ß' is 'ss', and both small sigmas are one.
  const symbols = Array.from(character.toUpperCase().toLowerCase()).filter(
    (one) => !IS_UNSEEN.test(one),
  )
  const folded: Folded = {
    kind: kindOf(character),
    symbols: symbols.map((one) => one.codePointAt(0) ?? 0),
  }
  if (point < KEPT_BELOW) kept[point] = folded
  return folded
}

function kindOf(character: string): number {
  if (IS_UNSEEN.test(character)) return UNSEEN
  if (IS_SPACE.test(character)) return SPACE
  if (!IS_LETTER.test(character)) return SEPARATOR
  return IS_COMPACT.test(character) ? COMPACT : WORD
}

/** One letter folds to three symbols at most. */
const MAX_SYMBOLS_PER_LETTER = 3

class GrowingReading {
  readonly #symbols: Int32Array
  readonly #places: Int32Array
  readonly #spaces: Int32Array
  readonly #starts: Uint8Array
  #length = 0

  constructor(size: number) {
    this.#symbols = new Int32Array(size)
    this.#places = new Int32Array(size)
    this.#spaces = new Int32Array(size)
    this.#starts = new Uint8Array(size)
  }

  add(symbol: number, place: number, spaces: number, start: number): void {
    const at = this.#length
    this.#symbols[at] = symbol
    this.#places[at] = place
    this.#spaces[at] = spaces
    this.#starts[at] = start
    this.#length = at + 1
  }

  endWord(place: number): void {
    if (this.#length === 0 || this.#symbols[this.#length - 1] !== SPACE_SYMBOL)
      this.add(SPACE_SYMBOL, place, 0, 0)
  }

  read(): Reading {
    return {
      symbols: this.#symbols.subarray(0, this.#length),
      places: this.#places.subarray(0, this.#length),
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
  for (let place = 0; place < text.length; ) {
    const point = text.codePointAt(place) ?? 0
    const { kind, symbols } = foldedOf(point)
    if (kind === COMPACT || kind === WORD) {
      for (const symbol of symbols) {
        compact.add(symbol, place, spaces, start)
        if (kind === WORD) words.add(symbol, place, spaces, start)
        start = 0
      }
    } else if (kind !== UNSEEN) {
      if (kind === SPACE) spaces += 1
      start = 1
    }
    if (kind === COMPACT || kind === SPACE || kind === SEPARATOR) words.endWord(place)
    place += point < KEPT_BELOW ? 1 : 2
  }
  words.endWord(text.length)
  return { text, compact: compact.read(), words: words.read() }
}

/** Whether a term is one of those that are found wherever they stand. */
export const isCompact = (term: string): boolean =>
  Array.from(term.normalize('NFKC')).some((character) => kindOf(character) === COMPACT)

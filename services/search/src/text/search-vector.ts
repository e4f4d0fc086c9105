import { stripEnding } from './korean-endings.ts'
import {
  exactFormOf,
  isSyllabic,
  normalise,
  pairsOf,
  runsOf,
  stemOf,
  wholeWord,
  wordsOf,
} from './words.ts'

/**
 * Where a pair of syllables stands, as a weight of tsvector. A: at the start of a word (also a whole word); B: inside
 * one; D: across a space, so that 배달의민족 finds 배달의 민족.
 */
type Weight = 'A' | 'B' | 'D'

/** tsvector's own limits are 16,383 for a position and 255 for the positions of a lexeme. */
const MAX_POSITION = 16_000
const MAX_PLACES = 200
/** So that no phrase reaches from the title into the text. */
const GAP_BETWEEN_SECTIONS = 8

/**
 * The text of a tsvector (for `::tsvector`) of a thing with several sections, such as title and text. No extension and
 * no dictionary: pairs of syllables at their positions, stems of Latin words, each Hangul word whole and without its
 * particle as `=word`. Measured best of the variants without a dictionary; `text-search.test.ts` keeps its level.
 */
export function searchVectorOf(sections: readonly string[]): string {
  const places = new Map<string, Set<string>>()
  const add = (lexeme: string, position: number, weight: Weight) => {
    if (position > MAX_POSITION) return
    const known = places.get(lexeme) ?? new Set()
    if (known.size < MAX_PLACES) places.set(lexeme, known.add(`${position}${weight}`))
  }
  let position = 0
  for (const section of sections) {
    position = addSection(section, position, add)
    position += GAP_BETWEEN_SECTIONS
  }
  return Array.from(places, ([lexeme, at]) => `'${lexeme}':${[...at].join(',')}`).join(' ')
}

/** Each syllable, and each word of another script, takes one position. Returns the last one taken. */
function addSection(
  section: string,
  before: number,
  add: (lexeme: string, position: number, weight: Weight) => void,
): number {
  let position = before
  let lastSyllable: string | undefined
  for (const word of wordsOf(normalise(section))) {
    for (const run of runsOf(word)) {
      position += 1
      if (!isSyllabic(run)) {
        add(stemOf(run), position, 'A')
        add(exactFormOf(run), position, 'A')
        lastSyllable = undefined
        continue
      }
      const syllables = [...run.text]
      if (lastSyllable !== undefined) add(`${lastSyllable}${syllables[0]}`, position - 1, 'D')
      for (const [index, pair] of pairsOf(run.text).entries())
        add(pair, position + index, index === 0 ? 'A' : 'B')
      add(wholeWord(run.text), position, 'A')
      add(wholeWord(stripEnding(run.text)), position, 'A')
      position += syllables.length - 1
      lastSyllable = syllables.at(-1)
    }
  }
  return position
}

import { stripEnding } from './korean-endings.ts'
import {
  cutSyllables,
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
 * The weight of a pair of syllables in a tsvector. A: at the start of a word (also of a whole
 * word); B: inside a word; D: across a space, so that 배달의민족 finds 배달의 민족.
 */
type Weight = 'A' | 'B' | 'D'

/** Below the limit of tsvector, 16,383. */
const MAX_POSITION = 16_000
/** Ranking and phrases look at each position; a word that occurs more often is found by its first. */
const MAX_POSITIONS_PER_LEXEME = 32
/** Bounds what one text costs; a post of 5,000 different syllables has half as many. */
const MAX_LEXEMES = 10_000
/** Positions between two sections, so that no phrase spans them. */
const GAP_BETWEEN_SECTIONS = 8

/**
 * The text of a tsvector (for `::tsvector`) of content with several sections, such as title and
 * text. It needs neither an extension nor a dictionary: pairs of syllables at their positions,
 * stems of Latin words, and each Hangul word as a whole and without its particle, as `=word`. Among
 * the variants without a dictionary it measured best; `judged-queries.test.ts` checks its level.
 */
export function searchVectorOf(sections: readonly string[]): string {
  const positions = new Map<string, Set<string>>()
  const add = (lexeme: string, position: number, weight: Weight) => {
    if (position > MAX_POSITION) return
    const known = positions.get(lexeme) ?? new Set()
    if (known.size === 0 && positions.size >= MAX_LEXEMES) return
    if (known.size < MAX_POSITIONS_PER_LEXEME)
      positions.set(lexeme, known.add(`${position}${weight}`))
  }
  let position = 0
  for (const section of sections) {
    position = addSection(section, position, add)
    position += GAP_BETWEEN_SECTIONS
  }
  return Array.from(positions, ([lexeme, known]) => `'${lexeme}':${[...known].join(',')}`).join(' ')
}

/**
 * Each syllable, and each word of another script, takes one position. Returns the last position.
 */
function addSection(
  section: string,
  before: number,
  add: (lexeme: string, position: number, weight: Weight) => void,
): number {
  let position = before
  let lastSyllable: string | undefined
  for (const word of wordsOf(normalise(section))) {
    if (position > MAX_POSITION) break
    for (const run of runsOf(word)) {
      position += 1
      if (!isSyllabic(run)) {
        add(stemOf(run), position, 'A')
        add(exactFormOf(run), position, 'A')
        lastSyllable = undefined
        continue
      }
      const text = cutSyllables(run.text)
      const syllables = [...text]
      if (lastSyllable !== undefined) add(`${lastSyllable}${syllables[0]}`, position - 1, 'D')
      for (const [index, pair] of pairsOf(text).entries())
        add(pair, position + index, index === 0 ? 'A' : 'B')
      add(wholeWord(text), position, 'A')
      add(wholeWord(stripEnding(text)), position, 'A')
      const isCut = text.length < run.text.length
      // The next word is not next to the indexed part of a longer run.
      position += syllables.length - (isCut ? 0 : 1)
      lastSyllable = isCut ? undefined : syllables.at(-1)
    }
  }
  return position
}

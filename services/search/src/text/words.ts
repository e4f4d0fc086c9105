import { stemmer } from 'stemmer'

/** Hangul and ideographs are searched in pairs of syllables, all other scripts as whole words. */
export type Script = 'HANGUL' | 'IDEOGRAPHIC' | 'LATIN' | 'DIGITS' | 'OTHER'

/** Consecutive characters of one script inside a word: Node서버 has two runs. */
export interface Run {
  text: string
  script: Script
}

/**
 * In UTF-16 code units. PostgreSQL refuses lexemes over 2,046 bytes, and longer words are not
 * searched.
 */
const MAX_WORD_LENGTH = 64

/**
 * Syllables of one run that are indexed. Sentences without spaces are shorter; a longer run is no word that anybody
 * searches for, and each of its pairs would be an entry of the index.
 */
const MAX_SYLLABLES = 256

// Single jamo (ㅋㅋㅋ, ㅠㅠ) separate words, as punctuation does.
const WORD = /[[\p{L}\p{N}]--[\p{Script=Hangul}--[가-힣]]]+/gv
const RUN =
  /(?<HANGUL>[가-힣]+)|(?<IDEOGRAPHIC>[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]+)|(?<LATIN>[a-z]+)|(?<DIGITS>[0-9]+)|(?<OTHER>[^가-힣\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ーa-z0-9]+)/gu

/**
 * One spelling for text that looks alike: decomposed Hangul, full-width and capital letters,
 * accents.
 */
export const normalise = (text: string): string =>
  text
    .normalize('NFKD')
    .replaceAll(/(?<=[a-z])\p{M}+/giu, '')
    .normalize('NFKC')
    .toLowerCase()

/** The words of a normalised text, in order. */
export const wordsOf = (normalised: string): string[] => normalised.match(WORD) ?? []

export function runsOf(word: string): Run[] {
  return Array.from(word.matchAll(RUN), ({ 0: text, groups = {} }) => {
    const script = (Object.keys(groups) as Script[]).find((name) => groups[name] !== undefined)
    return { text, script: script ?? 'OTHER' }
  })
}

export const isSyllabic = ({ script }: Run): boolean =>
  script === 'HANGUL' || script === 'IDEOGRAPHIC'

export const pairsOf = (text: string): string[] => {
  const syllables = [...text]
  return syllables.slice(1).map((syllable, index) => `${syllables[index]}${syllable}`)
}

/**
 * The lexeme of a run that is not syllabic; a Latin one by its stem: running and runs are `run`.
 */
export const stemOf = ({ text, script }: Run): string =>
  script === 'LATIN' ? stemmer(cut(text)) : cut(text)

/** The lexeme of a whole word, distinct from those of stems and pairs. */
export const wholeWord = (text: string): string => `=${cut(text)}`

/**
 * The lexeme by which a run that is not syllabic is found as written. It differs from the stem in
 * Latin alone.
 */
export const exactFormOf = ({ text, script }: Run): string =>
  script === 'LATIN' ? wholeWord(text) : cut(text)

const cut = (text: string) =>
  text.length > MAX_WORD_LENGTH ? [...text].slice(0, MAX_WORD_LENGTH).join('') : text

/** The part of a syllabic run that is indexed. */
export const cutSyllables = (text: string): string =>
  text.length > MAX_SYLLABLES ? [...text].slice(0, MAX_SYLLABLES).join('') : text

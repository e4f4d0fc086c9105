import { type FieldProblem, ValidationError } from '@dailyfeed/contract/errors'
import { MAX_NORMALISED_KEYWORD_LENGTH } from '@dailyfeed/contract/limits'
import { isCalendarDay } from '@dailyfeed/http-server/validation'
import { countLexemes, type Term } from '../text/search-text.ts'
import { normalise, wordsOf } from '../text/words.ts'

/** The meaning of a keyword. */
export interface Criteria {
  terms: Term[]
  /** Handles of authors in lower case, any of which may match. Undefined: all authors. */
  handles: string[] | undefined
  /** First and last day, `yyyy-MM-dd`, both inclusive, in Asia/Seoul. */
  since: string | undefined
  until: string | undefined
}

export const MAX_WORDS = 32
/** Lexemes that a keyword may have. A word of n syllables has about n, and more with a particle. */
export const MAX_LEXEMES = 64

// An optional minus, then "quoted" text (the end closes an open quote) or anything up to a space.
const PART = /(?<minus>-?)(?:"(?<quoted>[^"]*)(?:"|$)|(?<bare>[^\s"]+))/gu

/**
 * Reads words, `"exact words"`, `-word`, `from:handle`, `since:yyyy-MM-dd` and
 * `until:yyyy-MM-dd`. Throws a ValidationError for an empty keyword, an invalid day, and a keyword
 * that would cost too much: more than 100 normalised characters, 32 words or 64 lexemes. Any other
 * input is a valid keyword, possibly without hits: punctuation is never an operator of the database.
 */
export function readKeywordOrThrow(keyword: string): Criteria {
  const text = normalise(keyword)
  if (text.trim() === '')
    throw problem('검색어를 입력해 주세요.', 'Please enter what to search for.')
  // Normalising makes up to 18 characters of one (\uFDFA).
  if ([...text].length > MAX_NORMALISED_KEYWORD_LENGTH)
    throw problem(
      `검색어가 너무 깁니다. ${MAX_NORMALISED_KEYWORD_LENGTH}자 이하로 줄여 주세요.`,
      `This is too long to search for. Please use at most ${MAX_NORMALISED_KEYWORD_LENGTH} characters.`,
    )
  const criteria: Criteria = { terms: [], handles: undefined, since: undefined, until: undefined }
  for (const { groups: part = {} } of text.matchAll(PART)) readPart(part, criteria)
  if (countWords(criteria.terms) > MAX_WORDS)
    throw problem(
      `검색어는 ${MAX_WORDS}단어까지 쓸 수 있습니다.`,
      `At most ${MAX_WORDS} words can be searched for.`,
    )
  if (countLexemes(criteria.terms) > MAX_LEXEMES)
    throw problem(
      '검색어가 너무 복잡합니다. 더 적거나 짧은 단어로 검색해 주세요.',
      'This is too much to search for at once. Please use fewer or shorter words.',
    )
  return criteria
}

function readPart(
  { minus, quoted, bare = '' }: Partial<Record<string, string>>,
  criteria: Criteria,
): void {
  if (minus === '' && quoted === undefined && readFilter(bare, criteria)) return
  const words = wordsOf(quoted ?? bare)
  if (words.length === 0) return
  if (minus !== '') criteria.terms.push({ kind: 'WITHOUT', words, exact: quoted !== undefined })
  else if (quoted !== undefined) criteria.terms.push({ kind: 'EXACT', words })
  else criteria.terms.push(...words.map((word): Term => ({ kind: 'WORD', word })))
}

/** Repeated filters mean any of the authors, the later first day and the earlier last day. */
function readFilter(part: string, criteria: Criteria): boolean {
  const [, name, value = ''] = /^(from|since|until):(.*)$/u.exec(part) ?? []
  switch (name) {
    case 'from':
      criteria.handles = [...(criteria.handles ?? []), value.replace(/^@/, '')]
      return true
    case 'since':
      criteria.since = later(criteria.since, dayOrThrow(name, value))
      return true
    case 'until':
      criteria.until = earlier(criteria.until, dayOrThrow(name, value))
      return true
    default:
      return false
  }
}

/** PostgreSQL has no year 0. */
function dayOrThrow(name: string, value: string): string {
  if (!isCalendarDay(value) || value < '0001')
    throw problem(
      `${name}: 뒤에는 YYYY-MM-DD 형식의 날짜를 써 주세요.`,
      `After ${name}: there must be a date of the form YYYY-MM-DD.`,
    )
  return value
}

const later = (a: string | undefined, b: string) => (a === undefined || b > a ? b : a)
const earlier = (a: string | undefined, b: string) => (a === undefined || b < a ? b : a)
const countWords = (terms: readonly Term[]) =>
  terms.reduce((sum, term) => sum + (term.kind === 'WORD' ? 1 : term.words.length), 0)
const problem = (ko: string, en: string) =>
  new ValidationError([{ field: 'keyword', ko, en } satisfies FieldProblem])

/**
 * Whether there is a term that must match, or a filter. `-word` alone has nothing to search for.
 */
export const isSearchable = ({ terms, handles, since, until }: Criteria): boolean =>
  terms.some(({ kind }) => kind !== 'WITHOUT') ||
  handles !== undefined ||
  since !== undefined ||
  until !== undefined

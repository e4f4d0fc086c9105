import type { SearchRequest } from '../keyword/search-request.ts'
import type { Term } from '../text/search-text.ts'
import type { MatchScope } from './search-engine.ts'

type Query = Record<string, object>

/** The best of several readings counts, the others a little. */
const bestOf = (...queries: Query[]): Query =>
  queries.length === 1 && queries[0] !== undefined
    ? queries[0]
    : { dis_max: { tie_breaker: 0.2, queries } }
const phrase = (field: string, query: string, boost = 1): Query => ({
  match_phrase: { [field]: { query, boost } },
})

/**
 * The query for the terms and filters of a search, without content of hidden authors. Days are those of Asia/Seoul.
 */
export function queryOf(
  { terms, filters: { since, until } }: SearchRequest,
  { authorIds, postId }: MatchScope,
  hiddenAuthorIds: readonly number[] = [],
): Query {
  const created_at = {
    ...(since && { gte: since }),
    ...(until && { lte: until }),
    time_zone: '+09:00',
    format: 'uuuu-MM-dd',
  }
  return {
    bool: {
      must: terms.filter(({ kind }) => kind !== 'WITHOUT').map(queryOfTerm),
      must_not: [
        ...terms.filter(({ kind }) => kind === 'WITHOUT').map(queryOfTerm),
        ...(hiddenAuthorIds.length === 0 ? [] : [{ terms: { author_id: [...hiddenAuthorIds] } }]),
      ],
      filter: [
        ...(since === undefined && until === undefined ? [] : [{ range: { created_at } }]),
        ...(authorIds === undefined ? [] : [{ terms: { author_id: authorIds } }]),
        ...(postId === undefined ? [] : [{ term: { post_id: postId } }]),
      ],
    },
  }
}

function queryOfTerm(term: Term): Query {
  if (term.kind === 'WORD')
    return bestOf(
      phrase('text.words', term.word, 3),
      morphemes(term.word),
      phrase('text.pairs', term.word, 0.1),
    )
  const field = term.kind === 'EXACT' || term.exact ? 'text.exact' : 'text.pairs'
  // Words with a space between them are found without it too: 새벽길 안개 and 새벽길안개.
  return bestOf(
    ...new Set([term.words.join(' '), term.words.join('')].map((text) => phrase(field, text))),
  )
}

/** Numbers and single syllables are searched as phrases: separate morphemes would match apart. */
const morphemes = (word: string): Query =>
  /[0-9]/.test(word) || word.length === 1
    ? { match_phrase: { text: { query: word, analyzer: 'morphemes', boost: 2 } } }
    : { match: { text: { query: word, operator: 'and', boost: 2 } } }

import type { SearchRequest } from '../keyword/search-request.ts'
import type { Term } from '../text/search-text.ts'

export interface OnlyThese {
  authorIds: number[] | undefined
  postId: number | undefined
}

type Query = Record<string, object>

/** The best of several readings counts, the others a little. */
const anyOf = (...queries: Query[]): Query =>
  queries.length === 1 && queries[0] !== undefined
    ? queries[0]
    : { dis_max: { tie_breaker: 0.2, queries } }
const phrase = (field: string, query: string, boost = 1): Query => ({
  match_phrase: { [field]: { query, boost } },
})

/** What to ask OpenSearch for: the words in a search's terms, and what its filters let through. Days are those of Asia/Seoul. */
export function queryOf(
  { terms, filters: { since, until } }: SearchRequest,
  { authorIds, postId }: OnlyThese,
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
      must_not: terms.filter(({ kind }) => kind === 'WITHOUT').map(queryOfTerm),
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
    return anyOf(
      phrase('text.words', term.word, 3),
      morphemes(term.word),
      phrase('text.pairs', term.word, 0.1),
    )
  const field = term.kind === 'EXACT' || term.exact ? 'text.exact' : 'text.pairs'
  // What is written with a space is found without it too, as in 새벽길 안개 and 새벽길안개.
  return anyOf(
    ...new Set([term.words.join(' '), term.words.join('')].map((text) => phrase(field, text))),
  )
}

/** Numbers and single syllables lose their neighbour in a bag of morphemes: they are asked for as phrases. */
const morphemes = (word: string): Query =>
  /[0-9]/.test(word) || word.length === 1
    ? { match_phrase: { text: { query: word, analyzer: 'morphemes', boost: 2 } } }
    : { match: { text: { query: word, operator: 'and', boost: 2 } } }

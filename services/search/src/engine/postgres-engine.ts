import { MAX_ITEMS_BY_PAGE } from '@dailyfeed/contract/limits'
import { countLexemes, textQueryOf } from '../text/search-text.ts'
import { searchVectorOf } from '../text/search-vector.ts'
import { matchEverything, type SearchEngine } from './search-engine.ts'

/**
 * A search evaluates each lexeme of its keyword for each candidate, so that many lexemes leave room
 * for fewer candidates: all 10,000 for six lexemes, 1,000 for 64.
 */
const MAX_EVALUATIONS = 64_000

/** The embedded engine: the rows of the index hold our own tokens. */
export const postgresEngine: SearchEngine = {
  delaySeconds: 0,
  prepare: async () => 'postgres',
  tokensOf: searchVectorOf,
  put: async () => {},
  remove: async () => {},
  removeAuthors: async () => {},
  refresh: async () => {},
  async match(sql, _table, { terms }) {
    const text = textQueryOf(terms)
    if (text === undefined) return matchEverything(sql)
    const { candidate, match, wholeWord, rank } = text
    const matches = (query: string) => sql`known.tokens @@ ${query}::tsquery`
    return {
      join: sql``,
      isCandidate: candidate === null ? sql`true` : matches(candidate),
      candidateRank: sql`null::real`,
      bytes: sql`pg_column_size(known.tokens)`,
      maxCandidates: Math.min(MAX_ITEMS_BY_PAGE, Math.floor(MAX_EVALUATIONS / countLexemes(terms))),
      // Where both queries are the same, the index has decided already.
      isHit: candidate === match ? sql`true` : matches(match),
      // The weights of D, C, B and A: the start of a word counts most.
      score: sql`
        ${wholeWord === null ? sql`false` : matches(wholeWord)} as whole,
        ${
          rank === null
            ? sql`0::real`
            : sql`ts_rank('{0.1, 0.2, 0.4, 1.0}', known.tokens, ${rank}::tsquery)`
        } as rank`,
    }
  },
  beginRebuild: async () => 'postgres',
  swapRebuilt: async () => {},
  close: async () => {},
}

import { searchVectorOf } from '../text/search-vector.ts'
import { textQueryOf } from '../text/search-text.ts'
import { matchAnything, type SearchEngine } from './search-engine.ts'

/** The embedded engine: tokens of our own in the rows of the index itself. */
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
    if (text === undefined) return matchAnything(sql)
    return {
      join: sql``,
      // Weights of D, C, B, A: a word's start counts most.
      score: sql`${text.wholeWord === null ? sql`false` : sql`known.tokens @@ ${text.wholeWord}::tsquery`} as whole,
                 ts_rank('{0.1, 0.2, 0.4, 1.0}', known.tokens, ${text.match}::tsquery) as rank`,
      condition: sql`known.tokens @@ ${text.match}::tsquery`,
    }
  },
  beginRebuild: async () => 'postgres',
  swapRebuilt: async () => {},
  close: async () => {},
}

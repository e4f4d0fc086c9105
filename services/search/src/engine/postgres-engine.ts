import { searchVectorOf } from '../text/search-vector.ts'
import { textQueryOf } from '../text/search-text.ts'
import { matchEverything, type SearchEngine } from './search-engine.ts'

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
    const { match, wholeWord } = text
    const whole = wholeWord === null ? sql`false` : sql`known.tokens @@ ${wholeWord}::tsquery`
    return {
      join: sql``,
      // The weights of D, C, B and A: the start of a word counts most.
      score: sql`
        ${whole} as whole,
        ts_rank('{0.1, 0.2, 0.4, 1.0}', known.tokens, ${match}::tsquery) as rank`,
      condition: sql`known.tokens @@ ${match}::tsquery`,
    }
  },
  beginRebuild: async () => 'postgres',
  swapRebuilt: async () => {},
  close: async () => {},
}

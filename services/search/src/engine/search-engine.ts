import type { PendingQuery, Row, Sql } from 'postgres'
import type { SearchRequest } from '../keyword/search-request.ts'

/** Two kinds of things, each with the index in use and, while it is built anew, one beside it. Also names of tables. */
export type IndexTable = 'post_index' | 'comment_index' | 'post_index_next' | 'comment_index_next'
export const CURRENT_TABLES = ['post_index', 'comment_index'] as const
export const NEXT_TABLES = ['post_index_next', 'comment_index_next'] as const
export const ID_COLUMN_OF: Record<IndexTable, string> = {
  post_index: 'post_id',
  post_index_next: 'post_id',
  comment_index: 'comment_id',
  comment_index_next: 'comment_id',
}

/** A post or a comment as content-svc has it. */
export interface IndexedDocument {
  id: number
  version: number
  authorId: number
  /** Of a comment: the post that it is on. */
  postId?: number
  createdAt: Date
  /** Apart from each other: no phrase reaches from one into the next. */
  sections: string[]
}

/** The part of a statement that finds the rows `known` of an index for the words of a search. */
export interface Matching {
  /** Joined to `known`. */
  join: PendingQuery<Row[]>
  /** Columns `whole` (a word stands whole: those come first) and `rank`. */
  score: PendingQuery<Row[]>
  condition: PendingQuery<Row[]>
}

/**
 * Where the words of posts and comments are kept and looked for. Which things are indexed, in which version, by whom and
 * of when stands in PostgreSQL whatever the engine is: so what is missing is found by one statement.
 */
export interface SearchEngine {
  /** Until what was put is found without a `refresh`. */
  delaySeconds: number
  /**
   * Makes ready whatever it needs. Settles with the name of the place in which its documents are; another name than the
   * last time means that what was indexed before is gone.
   */
  prepare(): Promise<string>
  /** What the row of the index holds besides: the text of a tsvector, or nothing. */
  tokensOf(sections: readonly string[]): string
  /** Never puts an older version over a newer one. */
  put(table: IndexTable, documents: readonly IndexedDocument[]): Promise<void>
  remove(table: IndexTable, ids: readonly number[]): Promise<void>
  removeAuthors(table: IndexTable, authorIds: readonly number[]): Promise<void>
  /** From now on searches find everything that was put before. */
  refresh(table: IndexTable): Promise<void>
  /** `authorIds`, `postId`: only theirs; undefined: anybody's. */
  match(
    sql: Sql,
    table: IndexTable,
    search: SearchRequest,
    only: { authorIds: number[] | undefined; postId: number | undefined },
  ): Promise<Matching>
  /** Empty indexes beside those in use. Settles with the name of their place. */
  beginRebuild(): Promise<string>
  /** They take the place of those in use. */
  swapRebuilt(): Promise<void>
  close(): Promise<void>
}

/** Of a search without words: its filters alone decide. */
export const matchAnything = (sql: Sql): Matching => ({
  join: sql``,
  score: sql`false as whole, 0::real as rank`,
  condition: sql`true`,
})

/** The engine does not answer, or has lost its indexes. Its code is of the kind that passes by itself. */
export class SearchEngineAwayError extends Error {
  readonly code = 'CONNECTION_SEARCH_ENGINE'
}

import { MAX_ITEMS_BY_PAGE } from '@dailyfeed/contract/limits'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import type { Fragment } from 'postgres'
import type { SearchRequest } from '../keyword/search-request.ts'

/**
 * The current index of posts and of comments, and those beside them while they are rebuilt. Also
 * names of tables.
 */
export type IndexTable = 'post_index' | 'comment_index' | 'post_index_next' | 'comment_index_next'
export const CURRENT_TABLES = ['post_index', 'comment_index'] as const
export const NEXT_TABLE_OF = {
  post_index: 'post_index_next',
  comment_index: 'comment_index_next',
} as const
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
  /** The post of a comment. */
  postId?: number
  createdAt: Date
  /** No phrase spans two sections. */
  sections: string[]
}

/**
 * The parts of a statement that finds the hits of a search, in two steps: the newest candidates, by
 * the index alone, and among them the hits. The second step reads the words of each candidate, so
 * that the number of candidates bounds what a search costs.
 */
export interface Matching {
  /** Joined to `known`, a row of the index, to find candidates. */
  join: Fragment
  /** Holds for every hit, and is decided without reading the words of `known`. */
  isCandidate: Fragment
  /** The rank that the engine has given a candidate already; null where `score` decides. */
  candidateRank: Fragment
  /** Stored bytes of the words of `known` that are read to judge a candidate. */
  bytes: Fragment
  /** Only the newest candidates are judged, at most this many. */
  maxCandidates: number
  /** Decides whether a candidate is a hit. */
  isHit: Fragment
  /**
   * Columns `whole` (a word occurs as a whole word: these hits come first) and `rank` of `known` and its `candidate`.
   */
  score: Fragment
}

/** Restricts a search to some authors or to the comments of one post; undefined: no restriction. */
export interface MatchScope {
  authorIds: number[] | undefined
  postId: number | undefined
}

/**
 * Stores and finds the words of posts and comments. PostgreSQL has a row for each indexed post and
 * comment (version, author, time) with every engine, so that one statement finds what is missing.
 */
export interface SearchEngine {
  /** Seconds until documents are visible to searches without a `refresh`. */
  delaySeconds: number
  /**
   * Creates what the engine needs. Returns the location of its documents; another location than the
   * last time means that the documents indexed before are lost.
   */
  prepare(): Promise<string>
  /** The text of a tsvector for the row of the index; empty where the engine needs none. */
  tokensOf(sections: readonly string[]): string
  /** Never replaces a newer version by an older one. */
  put(table: IndexTable, documents: readonly IndexedDocument[]): Promise<void>
  remove(table: IndexTable, ids: readonly number[]): Promise<void>
  removeAuthors(table: IndexTable, authorIds: readonly number[]): Promise<void>
  /** Makes all documents visible to searches. */
  refresh(table: IndexTable): Promise<void>
  match(
    sql: Queryable,
    table: IndexTable,
    search: SearchRequest,
    scope: MatchScope,
  ): Promise<Matching>
  /** Creates empty indexes beside the current ones. Returns their location. */
  beginRebuild(): Promise<string>
  /** Replaces the current indexes by the rebuilt ones. */
  swapRebuilt(): Promise<void>
  close(): Promise<void>
}

/** For a search without words: its filters alone decide. */
export const matchEverything = (sql: Queryable): Matching => ({
  join: sql``,
  isCandidate: sql`true`,
  candidateRank: sql`null::real`,
  bytes: sql`0`,
  maxCandidates: MAX_ITEMS_BY_PAGE,
  isHit: sql`true`,
  score: sql`false as whole, 0::real as rank`,
})

/**
 * The engine does not answer, or has lost its indexes. By its code it counts as a transient
 * failure.
 */
export class SearchEngineUnavailableError extends Error {
  readonly code = 'CONNECTION_SEARCH_ENGINE'
}

/** One request holds more than the engine accepts at once; one with fewer documents may succeed. */
export class SearchRequestTooLargeError extends Error {
  override name = 'SearchRequestTooLargeError'
}

import type { Cursors } from '@dailyfeed/pagination-support/cursor'
import type { Sql } from 'postgres'
import type { SearchEngine } from './engine/search-engine.ts'
import type { ReadDatabase } from '@dailyfeed/postgres-support/read-database'

/** What every feature of search-svc may use. Made once at start, passed on, never imported as a global. */
export interface SearchContext {
  /** The primary, with the service's own login: its index. */
  sql: Sql
  /** Finds words. */
  engine: SearchEngine
  /** Where searches and counts are read. */
  reads: ReadDatabase
  cursors: Cursors
}

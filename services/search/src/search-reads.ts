import { openPool } from '@dailyfeed/postgres-support/pool'
import type { Sql } from 'postgres'

interface SearchReadsOptions {
  url: string
  /** Maximum number of connections. */
  max: number
  /** Milliseconds for which a statement waits for a connection. */
  queueTimeout?: number
  /** Milliseconds after which a statement is cancelled. */
  statementTimeout: number
}

/**
 * The pool that searches read. For a popular word the planner would rather read the whole index table, and decompress
 * the vector of every post, than look candidates up in the inverted index: it does not count the time of decompressing.
 */
export const openSearchReads = (options: SearchReadsOptions): Sql =>
  openPool({ ...options, name: 'search-svc reads', readOnly: true, avoidSequentialScans: true })

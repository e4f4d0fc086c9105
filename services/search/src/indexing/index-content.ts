import { type BatchBounds, batchesOf } from '@dailyfeed/concurrency/bounded-batch'
import { workInParts } from '@dailyfeed/concurrency/work-in-parts'
import { yieldToEventLoop } from '@dailyfeed/concurrency/yield-to-event-loop'
import {
  isExcessiveWork,
  isTransientFault,
  UnfinishedWorkError,
} from '@dailyfeed/postgres-support/fault'
import {
  inTransaction as beginTransaction,
  type Queryable,
} from '@dailyfeed/postgres-support/queryable'
import type { Sql } from 'postgres'
import {
  type IndexedDocument,
  type IndexTable,
  type SearchEngine,
  SearchRequestTooLargeError,
} from '../engine/search-engine.ts'
import type { IndexEntry, SizedRow } from './post-index.queries.ts'

/** PostgreSQL tracks which posts and comments are indexed; the engine stores their text. */
export interface IndexWriter {
  sql: Queryable
  engine: SearchEngine
}
export interface Index extends IndexWriter {
  sql: Sql
}

/**
 * Text that one transaction indexes. PostgreSQL takes about 70 ms for the vector of a post of the maximum length, and a
 * vector is some ten times as large as its text.
 */
const BATCH: BatchBounds = { items: 500, bytes: 64 * 1_024 }
/** About 7 ms of work; then waiting requests of this process get their turn. */
const CHARACTERS_PER_TURN = 5_000

/** The statements for one kind of content. */
export interface ContentQueries<Table extends IndexTable> {
  findToIndex(sql: Queryable, table: Table, ids: readonly number[]): Promise<SizedRow[]>
  findDocuments(sql: Queryable, ids: readonly number[]): Promise<IndexedDocument[]>
  /** Returns the ids that changed. */
  upsert(sql: Queryable, table: Table, entries: readonly IndexEntry[]): Promise<number[]>
  findGone(sql: Queryable, ids: readonly number[]): Promise<number[]>
  /** Returns how many were deleted. */
  delete(sql: Queryable, table: Table, ids: readonly number[]): Promise<number>
}

/** Receives a document that cannot be indexed even alone. The others are indexed. */
export type OnFailedDocument = (id: number, error: unknown) => void

export interface IndexLimits {
  onFailed: OnFailedDocument
  /** Time of `performance.now()` after which no further batch begins. */
  endsAt: number
}

/**
 * Writes the rows first, and the engine before the commit. The locks of the rows then keep two
 * writers of one document in order, a rebuilt index is swapped in between two transactions, and no
 * committed row names a document that the engine does not have.
 */
export const inTransaction = <Result>(
  { sql, engine }: IndexWriter,
  work: (index: IndexWriter) => Promise<Result>,
): Promise<Result> =>
  'begin' in sql
    ? beginTransaction(sql, (transaction) => work({ sql: transaction, engine }))
    : work({ sql, engine })

/**
 * Indexes the current state of this content in batches, each in a transaction of its own, so that a repeated call
 * continues where an interrupted one ended. Returns how many documents changed. Throws UnfinishedWorkError when it ends
 * before the last batch.
 */
export async function indexContent<Table extends IndexTable>(
  index: IndexWriter,
  queries: ContentQueries<Table>,
  table: Table,
  ids: readonly number[],
  { onFailed, endsAt }: IndexLimits,
): Promise<number> {
  const rows = await queries.findToIndex(index.sql, table, ids)
  let changed = 0
  for (const batch of batchesOf(rows, ({ bytes }) => bytes, BATCH))
    await workInParts(
      batch.map(({ id }) => id),
      async (part) => {
        if (performance.now() > endsAt)
          throw new UnfinishedWorkError(`${changed} documents indexed in time; the others follow`)
        changed += await indexBatch(index, queries, table, part)
      },
      { isDivisible: mayDependOnContent, onFailedAlone: onFailed },
    )
  return changed
}

/** Whether a batch failed for what is in it, and not because the database or the engine is away. */
const mayDependOnContent = (error: unknown): boolean =>
  isExcessiveWork(error) || error instanceof SearchRequestTooLargeError || !isTransientFault(error)

const indexBatch = <Table extends IndexTable>(
  index: IndexWriter,
  queries: ContentQueries<Table>,
  table: Table,
  ids: readonly number[],
): Promise<number> =>
  inTransaction(index, async ({ sql, engine }) => {
    const documents = await queries.findDocuments(sql, ids)
    const entries = await entriesOf(engine, documents)
    const changed = new Set(entries.length === 0 ? [] : await queries.upsert(sql, table, entries))
    await engine.put(
      table,
      documents.filter(({ id }) => changed.has(id)),
    )
    if (changed.size === ids.length) return changed.size
    const gone = await queries.findGone(sql, ids)
    const removed = gone.length === 0 ? 0 : await queries.delete(sql, table, gone)
    await engine.remove(table, gone)
    return changed.size + removed
  })

async function entriesOf(
  engine: SearchEngine,
  documents: readonly IndexedDocument[],
): Promise<IndexEntry[]> {
  const entries: IndexEntry[] = []
  let characters = 0
  for (const { id, version, sections } of documents) {
    entries.push({ id, version, tokens: engine.tokensOf(sections) })
    characters += sections.reduce((sum, { length }) => sum + length, 0)
    if (characters < CHARACTERS_PER_TURN) continue
    characters = 0
    await yieldToEventLoop()
  }
  return entries
}

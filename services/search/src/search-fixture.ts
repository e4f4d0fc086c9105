import { hashOfToken } from '@dailyfeed/configuration/development-secrets'
import { createLog } from '@dailyfeed/http-server/log'
import { createCursors } from '@dailyfeed/pagination-support/cursor'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { ask, clientOf, type HttpClient } from '@dailyfeed/tests/http-client'
import { testTokens } from '@dailyfeed/tests/tokens'
import type { Sql } from 'postgres'
import { inject } from 'vitest'
import { SearchAdmission } from './admission/admission.ts'
import { readSearchConfigOrThrow } from './config.ts'
import { chooseEngine } from './engine/choose-engine.ts'
import { CURRENT_TABLES, type SearchEngine } from './engine/search-engine.ts'
import { prepareIndex } from './indexing/index-location.service.ts'
import { createReadDatabase } from '@dailyfeed/postgres-support/read-database'
import { searchApp } from './search-app.ts'
import { openSearchReads } from './search-reads.ts'

export interface SearchFixture {
  /** Each request first makes all indexed documents visible to searches. */
  client: HttpClient
  /** Without that: new documents become visible after up to a second, as in production. */
  unrefreshedClient: HttpClient
  database: TestDatabase
  /** The service's own login, and the engine of this run. */
  index: { sql: Sql; engine: SearchEngine }
  /** The pool of its searches. */
  reads: Sql
  /** The ids of the first hits of `/api/search/{list}`. */
  find(memberId: number, keyword: string, list?: string): Promise<number[]>
  close(): Promise<void>
}

export const CONTENT_TOKEN = 'the-token-of-content-svc-in-tests-only'
export const BATCH_TOKEN = 'the-token-of-batch-svc-in-tests-only'

/** The routes of search-svc over a real database, and over OpenSearch where the run has one. */
export async function searchFixture({
  // Longer than in production: most tests are not about slow searches.
  statementTimeout = 20_000,
} = {}): Promise<SearchFixture> {
  const database = await testDatabase()
  const tokens = await testTokens()
  const config = readSearchConfigOrThrow({
    DATABASE_URL: database.urlOf('search'),
    LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'silent',
    INTERNAL_TOKEN: 'the-token-of-search-svc-in-tests-only',
    RATE_LIMIT: 'off',
    INTERNAL_CALLERS: `content:${hashOfToken(CONTENT_TOKEN)},batch:${hashOfToken(BATCH_TOKEN)}`,
    CURSOR_KEY: 'the-cursor-key-of-search-svc-in-tests-only',
    OPENSEARCH_URL: inject('openSearchUrl'),
    OPENSEARCH_INDEX_PREFIX: `${new URL(database.urlOf('search')).pathname.slice(1).replaceAll('_', '-')}-`,
  })
  const sql = openPool({ url: config.DATABASE_URL, max: 4, name: 'search-test' })
  const primary = openSearchReads({ url: config.DATABASE_URL, max: 4, statementTimeout })
  const engine = await chooseEngine(config)
  await prepareIndex({ sql, engine })
  const log = createLog('search', config.LOG_LEVEL)
  const app = await searchApp({
    config,
    context: {
      sql,
      verifier: tokens.verifier,
      engine,
      admission: new SearchAdmission({
        maxInFlight: config.SEARCH_MAX_IN_FLIGHT,
        maxInFlightPerMember: config.SEARCH_MAX_IN_FLIGHT_PER_MEMBER,
      }),
      reads: createReadDatabase({ primary, log }),
      cursors: createCursors(config.CURSOR_KEY),
    },
    log,
  })
  const unrefreshedClient = clientOf(app, tokens.bearerOf)
  const client: HttpClient = {
    ...unrefreshedClient,
    async send(request) {
      for (const table of CURRENT_TABLES) await engine.refresh(table)
      return unrefreshedClient.send(request)
    },
  }
  return {
    client,
    unrefreshedClient,
    database,
    index: { sql, engine },
    reads: primary,
    async find(memberId, keyword, list = 'posts') {
      const { status, body } = await ask(client, {
        as: memberId,
        url: `/api/search/${list}?size=100&keyword=${encodeURIComponent(keyword)}`,
      })
      if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`)
      return body.data.content.map(({ id }: { id: number }) => id)
    },
    async close() {
      await app.close()
      await engine.close()
      await primary.end({ timeout: 1 })
      await sql.end({ timeout: 1 })
      await database.drop()
    },
  }
}

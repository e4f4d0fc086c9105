import { hashOfToken } from '@dailyfeed/configuration/development-secrets'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { createLog } from '@dailyfeed/http-server/log'
import { createCursors } from '@dailyfeed/pagination-support/cursor'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { type TestTokens, testTokens } from '@dailyfeed/tests/tokens'
import type { Sql } from 'postgres'
import { inject } from 'vitest'
import { readSearchConfigOrThrow } from './config.ts'
import { chooseEngine } from './engine/choose-engine.ts'
import { CURRENT_TABLES, type SearchEngine } from './engine/search-engine.ts'
import { prepareIndex } from './indexing/index-place.service.ts'
import { createReadDatabase } from '@dailyfeed/postgres-support/read-database'
import { searchApp } from './search-app.ts'

export interface SearchFixture {
  app: HttpServer
  database: TestDatabase
  /** The service's own login, and the engine of this run. */
  index: { sql: Sql; engine: SearchEngine }
  bearerOf: TestTokens['bearerOf']
  ask(
    memberId: number,
    method: 'GET' | 'POST',
    url: string,
    payload?: object,
    headers?: Record<string, string>,
  ): Promise<Answer>
  /** The ids of the first hits of `/api/search/{list}`. */
  find(memberId: number, keyword: string, list?: string): Promise<number[]>
  close(): Promise<void>
}

interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at any part of any answer
  body: any
}

export const CONTENT_TOKEN = 'the-token-of-content-svc-in-tests-only'
export const BATCH_TOKEN = 'the-token-of-batch-svc-in-tests-only'

/** search-svc without its network: the real routes over a real database, and over OpenSearch where the run has one. */
export async function searchFixture(): Promise<SearchFixture> {
  const database = await testDatabase()
  const tokens = await testTokens()
  const config = readSearchConfigOrThrow({
    DATABASE_URL: database.urlOf('search'),
    LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'silent',
    INTERNAL_TOKEN: 'the-token-of-search-svc-in-tests-only',
    INTERNAL_CALLERS: `content:${hashOfToken(CONTENT_TOKEN)},batch:${hashOfToken(BATCH_TOKEN)}`,
    CURSOR_KEY: 'the-cursor-key-of-search-svc-in-tests-only',
    OPENSEARCH_URL: inject('openSearchUrl'),
    OPENSEARCH_INDEX_PREFIX: `${new URL(database.urlOf('search')).pathname.slice(1).replaceAll('_', '-')}-`,
  })
  const sql = openPool({ url: config.DATABASE_URL, max: 4, name: 'search-test' })
  const primary = openPool({
    url: config.DATABASE_URL,
    max: 4,
    name: 'search-test reads',
    readOnly: true,
    statementTimeout: 2_000,
  })
  const engine = await chooseEngine(config)
  await prepareIndex({ sql, engine })
  const log = createLog('search', config.LOG_LEVEL)
  const app = await searchApp({
    config,
    context: {
      sql,
      verifier: tokens.verifier,
      engine,
      reads: createReadDatabase({ primary, log }),
      cursors: createCursors(config.CURSOR_KEY),
    },
    log,
  })
  const ask: SearchFixture['ask'] = async (memberId, method, url, payload, headers = {}) => {
    // What was told a moment ago is found a second later; tests do not wait for it.
    for (const table of CURRENT_TABLES) await engine.refresh(table)
    const answer = await app.inject({
      method,
      url,
      headers: { authorization: await tokens.bearerOf(memberId), ...headers },
      ...(payload === undefined ? {} : { payload }),
    })
    return { status: answer.statusCode, body: answer.json() }
  }
  return {
    app,
    database,
    index: { sql, engine },
    bearerOf: tokens.bearerOf,
    ask,
    async find(memberId, keyword, list = 'posts') {
      const { status, body } = await ask(
        memberId,
        'GET',
        `/api/search/${list}?size=100&keyword=${encodeURIComponent(keyword)}`,
      )
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

/** A post straight in content-svc's table, as its own statement would leave it; no event is told. */
export async function insertPost(
  sql: Sql,
  authorId: number,
  content: string,
  { title = '', createdAt = new Date() } = {},
): Promise<number> {
  const [row] = await sql<[{ id: number }]>`
    insert into content.post (author_id, title, content, created_at, updated_at) values (${authorId}, ${title}, ${content}, ${createdAt}, ${createdAt}) returning id`
  return row.id
}

export async function editPost(sql: Sql, postId: number, content: string): Promise<void> {
  await sql`update content.post set content = ${content}, version = version + 1, updated_at = now() where id = ${postId}`
}

export async function deletePost(sql: Sql, postId: number): Promise<void> {
  await sql`update content.post set deleted_at = now(), version = version + 1 where id = ${postId}`
}

export async function insertComment(
  sql: Sql,
  postId: number,
  authorId: number,
  content: string,
): Promise<number> {
  const [row] = await sql<[{ id: number }]>`
    insert into content.comment (post_id, depth, author_id, content) values (${postId}, 0, ${authorId}, ${content}) returning id`
  return row.id
}

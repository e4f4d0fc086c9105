import { hashOfToken } from '@dailyfeed/configuration/development-secrets'
import { createNewEventOf } from '@dailyfeed/outbox/outbox'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { createLog } from '@dailyfeed/http-server/log'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { type TestTokens, testTokens } from '@dailyfeed/tests/tokens'
import { readContentConfigOrThrow } from './config.ts'
import { contentApp } from './content-app.ts'
import { createPostBatch } from './post/post-batch.ts'

export interface ContentFixture {
  app: HttpServer
  database: TestDatabase
  bearerOf: TestTokens['bearerOf']
  /** Asks as a member; the body is sent as JSON. */
  ask(
    memberId: number,
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    url: string,
    payload?: object,
    headers?: Record<string, string>,
  ): Promise<Answer>
  close(): Promise<void>
}

interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at any part of any answer
  body: any
  headers: Record<string, unknown>
}

export const TIMELINE_TOKEN = 'the-token-of-timeline-svc-in-tests-only'

/** content-svc without its network: the real routes over a real database; nothing is relayed. */
export async function contentFixture(): Promise<ContentFixture> {
  const database = await testDatabase()
  const tokens = await testTokens()
  const config = readContentConfigOrThrow({
    DATABASE_URL: database.urlOf('content'),
    LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'silent',
    INTERNAL_TOKEN: 'the-token-of-content-svc-in-tests-only',
    INTERNAL_CALLERS: `timeline:${hashOfToken(TIMELINE_TOKEN)}`,
  })
  const sql = openPool({ url: config.DATABASE_URL, max: 8, name: 'content-test' })
  const app = await contentApp({
    config,
    context: {
      sql,
      verifier: tokens.verifier,
      postBatch: createPostBatch(sql),
      newEventOf: createNewEventOf(config.TOPIC_TIME_ZONE),
      wakeRelay() {},
    },
    log: createLog('content', config.LOG_LEVEL),
  })
  return {
    app,
    database,
    bearerOf: tokens.bearerOf,
    async ask(memberId, method, url, payload, headers = {}) {
      const answer = await app.inject({
        method,
        url,
        headers: { authorization: await tokens.bearerOf(memberId), ...headers },
        ...(payload === undefined ? {} : { payload }),
      })
      return { status: answer.statusCode, body: answer.json(), headers: answer.headers }
    },
    async close() {
      await app.close()
      await sql.end({ timeout: 1 })
      await database.drop()
    },
  }
}

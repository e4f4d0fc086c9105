import { hashOfToken } from '@dailyfeed/configuration/development-secrets'
import { createNewEventOf } from '@dailyfeed/outbox/outbox'
import { createLog } from '@dailyfeed/http-server/log'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { clientOf, type HttpClient } from '@dailyfeed/tests/http-client'
import { type TestTokens, testTokens } from '@dailyfeed/tests/tokens'
import { readContentConfigOrThrow } from './config.ts'
import { contentApp } from './content-app.ts'
import { createPostBatch } from './post/post-batch.ts'

export interface ContentFixture {
  client: HttpClient
  database: TestDatabase
  bearerOf: TestTokens['bearerOf']
  close(): Promise<void>
}

export const TIMELINE_TOKEN = 'the-token-of-timeline-svc-in-tests-only'

/** The routes of content-svc over a real database, without a network and without a relay. */
export async function contentFixture(): Promise<ContentFixture> {
  const database = await testDatabase()
  const tokens = await testTokens()
  const config = readContentConfigOrThrow({
    DATABASE_URL: database.urlOf('content'),
    LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'silent',
    INTERNAL_TOKEN: 'the-token-of-content-svc-in-tests-only',
    RATE_LIMIT: 'off',
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
    client: clientOf(app, tokens.bearerOf),
    database,
    bearerOf: tokens.bearerOf,
    async close() {
      await app.close()
      await sql.end({ timeout: 1 })
      await database.drop()
    },
  }
}

import type { ActivityType } from '@dailyfeed/contract/event-registry'
import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import { INTERNAL_TOKEN } from '@dailyfeed/contract/headers'
import { messageKeyOf, nextKeyTime } from '@dailyfeed/contract/message-key'
import { hashOfToken } from '@dailyfeed/configuration/development-secrets'
import type { HandlingReport } from '@dailyfeed/event-listener/event-handler-runner'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { createLog } from '@dailyfeed/http-server/log'
import { createCursors } from '@dailyfeed/pagination-support/cursor'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { ask, clientOf, type HttpClient } from '@dailyfeed/tests/http-client'
import { type TestTokens, testTokens } from '@dailyfeed/tests/tokens'
import { activityApp } from './activity-app.ts'
import { readActivityConfigOrThrow } from './config.ts'

export interface ActivityFixture {
  app: HttpServer
  client: HttpClient
  database: TestDatabase
  tokens: TestTokens
  /** Delivers events as the relay of content-svc does. Throws unless they are accepted. */
  deliver(...events: MemberActivityEvent[]): Promise<HandlingReport>
  close(): Promise<void>
}

export const CONTENT_TOKEN = 'the-token-of-content-svc-in-tests-only'
export const BATCH_TOKEN = 'the-token-of-batch-svc-in-tests-only-x'

/** The routes of activity-svc over a real database, without a network. */
export async function activityFixture(): Promise<ActivityFixture> {
  const database = await testDatabase()
  const tokens = await testTokens()
  const config = readActivityConfigOrThrow({
    DATABASE_URL: database.urlOf('activity'),
    LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'silent',
    CURSOR_KEY: 'the-cursor-key-of-activity-svc-in-tests-only',
    INTERNAL_CALLERS: `content:${hashOfToken(CONTENT_TOKEN)},batch:${hashOfToken(BATCH_TOKEN)}`,
  })
  const sql = openPool({ url: config.DATABASE_URL, max: 8, name: 'activity-test' })
  const app = await activityApp({
    config,
    context: {
      sql,
      verifier: tokens.verifier,
      cursors: createCursors(config.CURSOR_KEY),
      topicTimeZone: config.TOPIC_TIME_ZONE,
    },
    log: createLog('activity', config.LOG_LEVEL),
  })
  const client = clientOf(app, tokens.bearerOf)
  return {
    app,
    client,
    database,
    tokens,
    async deliver(...events) {
      const { status, body } = await ask(client, {
        url: '/internal/member-activity-events',
        body: { events },
        headers: { [INTERNAL_TOKEN]: CONTENT_TOKEN },
      })
      if (status !== 200) throw new Error(`events refused: ${status} ${JSON.stringify(body)}`)
      return body.data
    },
    async close() {
      await app.close()
      await sql.end({ timeout: 1 })
      await database.drop()
    },
  }
}

let events = 0

/** An event as a publisher would create it; each is one millisecond later than the one before. */
export function eventOf(
  memberActivityType: ActivityType,
  fields: Pick<MemberActivityEvent, 'memberId'> & Partial<MemberActivityEvent>,
): MemberActivityEvent {
  events += 1
  const at = new Date(Date.now() + events).toISOString()
  const { memberId, postId, commentId, targetMemberId } = fields
  const subject = {
    memberId,
    ...(postId ? { postId } : {}),
    ...(commentId ? { commentId } : {}),
    ...(targetMemberId ? { targetMemberId } : {}),
  }
  return {
    eventId: `00000000-0000-7000-8000-${String(events).padStart(12, '0')}`,
    schemaVersion: 1,
    messageKey: messageKeyOf({
      type: memberActivityType,
      ...subject,
      time: nextKeyTime('Asia/Seoul', Date.now()),
    }),
    version: 1,
    memberActivityType,
    createdAt: at,
    updatedAt: at,
    occurredAt: at,
    ...fields,
  }
}

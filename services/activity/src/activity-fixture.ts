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
import { type TestTokens, testTokens } from '@dailyfeed/tests/tokens'
import { activityApp } from './activity-app.ts'
import { readActivityConfigOrThrow } from './config.ts'

export interface ActivityFixture {
  app: HttpServer
  database: TestDatabase
  tokens: TestTokens
  ask(memberId: number, method: 'GET' | 'POST', url: string, payload?: object): Promise<Answer>
  /** As content-svc's relay would. Throws unless it is taken. */
  deliver(...events: MemberActivityEvent[]): Promise<HandlingReport>
  close(): Promise<void>
}

interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at any part of any answer
  body: any
}

export const CONTENT_TOKEN = 'the-token-of-content-svc-in-tests-only'
export const BATCH_TOKEN = 'the-token-of-batch-svc-in-tests-only-x'

/** activity-svc without its network: the real routes over a real database. */
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
  return {
    app,
    database,
    tokens,
    async ask(memberId, method, url, payload) {
      const answer = await app.inject({
        method,
        url,
        headers: { authorization: await tokens.bearerOf(memberId) },
        ...(payload === undefined ? {} : { payload }),
      })
      return { status: answer.statusCode, body: answer.json() }
    },
    async deliver(...events) {
      const answer = await app.inject({
        method: 'POST',
        url: '/internal/member-activity-events',
        payload: { events },
        headers: { [INTERNAL_TOKEN]: CONTENT_TOKEN },
      })
      if (answer.statusCode !== 200) throw new Error(`not taken: ${answer.body}`)
      return answer.json().data
    },
    async close() {
      await app.close()
      await sql.end({ timeout: 1 })
      await database.drop()
    },
  }
}

let events = 0

/** An event as a publisher would make it; each is a little later than the one before. */
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

/** A live post (or a reply of whoever to whatever) straight in content-svc's tables. */
export async function insertPost({ sql }: TestDatabase, authorId: number): Promise<number> {
  const [row] = await sql<
    [{ id: number }]
  >`insert into content.post (author_id, content) values (${authorId}, 'a post') returning id`
  return row.id
}

export async function insertComment(
  { sql }: TestDatabase,
  authorId: number,
  postId: number,
  parentId: number | null = null,
): Promise<number> {
  const [row] = await sql<[{ id: number }]>`
    insert into content.comment (author_id, post_id, parent_id, depth, content) values (${authorId}, ${postId}, ${parentId}, ${parentId === null ? 0 : 1}, 'a comment') returning id`
  return row.id
}

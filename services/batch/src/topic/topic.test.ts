import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { Listener } from '@dailyfeed/event-listener/listener'
import { registerTopicReplayRoutes } from '@dailyfeed/event-listener/topic-replay.routes'
import { hashOfToken } from '@dailyfeed/configuration/development-secrets'
import { success } from '@dailyfeed/http-server/envelope'
import { createHttpServer } from '@dailyfeed/http-server/create-http-server'
import { createLog } from '@dailyfeed/http-server/log'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { listen, type RunningService } from '@dailyfeed/http-server/running-service'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { insertMember } from '@dailyfeed/tests/members'
import { type TestTokens, testTokens } from '@dailyfeed/tests/tokens'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { batchApp } from '../batch-app.ts'
import { readBatchConfigOrThrow } from '../config.ts'
import { NO_KAFKA } from './topic.schemas.ts'
import { createTopicOwners } from './topic.service.ts'

const BATCH_TOKEN = 'the-token-of-batch-svc-in-tests-only-x'
const asked: { path: string; body: unknown }[] = []
let database: TestDatabase
let sql: Sql
let tokens: TestTokens
let app: HttpServer
let owner: RunningService
let withoutKafka: RunningService
let operator: number
let areBrokersAway = false

/** content-svc as far as it is asked here; activity-svc is away. */
async function startOwner(): Promise<RunningService> {
  const server = await createHttpServer({
    service: 'content',
    log: createLog('test', 'silent'),
    verifier: tokens.verifier,
    callers: `batch:${hashOfToken(BATCH_TOKEN)}`,
    checkReady: async () => {},
  })
  const config = { access: 'INTERNAL' as const, callers: ['batch'] }
  server.post('/internal/topics/list', { config }, async () => {
    if (areBrokersAway) throw new DailyfeedError('KAFKA_NETWORK_ERROR')
    return success(200, {
      hasKafka: true,
      topics: [
        {
          topic: 'member-activity-20261120',
          day: '20261120',
          records: 9,
          lags: { 'activity.member-activity-20261120': 2 },
          deletion: 'UNREAD',
        },
      ],
    })
  })
  server.post('/internal/topics/delete', { config }, async ({ body }) => {
    asked.push({ path: 'delete', body })
    return success(200, { outcome: 'UNREAD', lags: { 'activity.member-activity-20261120': 2 } })
  })
  server.post('/internal/topics/replay', { config }, async ({ body }, reply) => {
    asked.push({ path: 'replay', body })
    return reply
      .type('application/x-ndjson')
      .send('{"done":5,"of":9}\n{"report":{"records":9,"changed":3,"deadLettered":0}}\n')
  })
  return listen({ name: 'content', app: server, host: '127.0.0.1', port: 0 })
}

/** The route of a listener that has no brokers. */
async function startOwnerWithoutKafka(): Promise<RunningService> {
  const callers = `batch:${hashOfToken(BATCH_TOKEN)}`
  const server = await createHttpServer({
    service: 'search',
    log: createLog('test', 'silent'),
    verifier: tokens.verifier,
    callers,
    checkReady: async () => {},
  })
  registerTopicReplayRoutes(server, {
    service: 'search',
    listener: {} as Listener,
    kafka: undefined,
  })
  return listen({ name: 'search', app: server, host: '127.0.0.1', port: 0 })
}

beforeAll(async () => {
  database = await testDatabase()
  tokens = await testTokens()
  owner = await startOwner()
  sql = openPool({ url: database.urlOf('batch'), max: 2, name: 'topic-test' })
  const config = readBatchConfigOrThrow({
    DATABASE_URL: database.urlOf('batch'),
    LOG_LEVEL: 'silent',
    INTERNAL_TOKEN: BATCH_TOKEN,
    INTERNAL_CALLERS: '',
  })
  withoutKafka = await startOwnerWithoutKafka()
  const topicOwners = createTopicOwners(
    { content: owner.url, activity: 'http://127.0.0.1:1', search: withoutKafka.url },
    BATCH_TOKEN,
  )
  const none = { ask: async () => Promise.reject(new Error('not asked here')), async close() {} }
  const log = createLog('batch', 'silent')
  app = await batchApp({
    config,
    context: {
      sql,
      owners: { runJob: async () => ({}), async close() {} },
      deadLetterOwners: none,
      topicOwners,
      verifier: tokens.verifier,
      log,
    },
    log,
  })
  operator = await insertMember(database.sql, 'operator')
  await database.sql`update member.member set role = 'ADMIN' where id = ${operator}`
})
afterAll(async () => {
  await app.close()
  await owner.close()
  await withoutKafka.close()
  await sql.end({ timeout: 1 })
  await database.drop()
})

const ask = async (
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  payload?: object,
  memberId = operator,
) =>
  app.inject({
    method,
    url: `/api/admin/topics${path}`,
    headers: { authorization: await tokens.bearerOf(memberId) },
    ...(payload === undefined ? {} : { payload }),
  })

test('days are listed with what each group has still to read', async () => {
  expect((await ask('GET', '')).json().data).toEqual({
    hasKafka: true,
    topics: [
      {
        day: '20261120',
        topic: 'member-activity-20261120',
        records: 9,
        lags: { 'activity.member-activity-20261120': 2 },
        deletion: 'UNREAD',
      },
    ],
  })
})

test('brokers that do not answer are told apart from a service that does not', async () => {
  areBrokersAway = true
  const answer = await ask('GET', '')
  areBrokersAway = false
  expect([answer.statusCode, answer.json().code]).toEqual([503, 'KAFKA_NETWORK_ERROR'])
})

test('a day that is not read to its end is not deleted, and whose lag it is is told', async () => {
  const answer = await ask('DELETE', '/20261120?dryRun=true')
  expect(answer.json().data).toEqual({
    outcome: 'UNREAD',
    lags: { 'activity.member-activity-20261120': 2 },
  })
  expect(asked.at(-1)).toEqual({ path: 'delete', body: { day: '20261120', isDryRun: true } })
  expect((await ask('DELETE', '/yesterday')).statusCode).toBe(400)
})

test('a replay tells how it goes on, what changed in each service, and which service could not be asked', async () => {
  const answer = await ask('POST', '/20261120/replay', { type: 'POST_CREATE', dryRun: true })
  expect(answer.headers['content-type']).toContain('application/x-ndjson')
  const lines = answer.body
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines).toEqual([
    { service: 'activity', error: 'activity-svc does not answer' },
    { service: 'search', error: NO_KAFKA },
    { service: 'content', done: 5, of: 9 },
    { service: 'content', report: { records: 9, changed: 3, deadLettered: 0 } },
  ])
  expect(asked.at(-1)).toEqual({
    path: 'replay',
    body: { day: '20261120', isDryRun: true, type: 'POST_CREATE' },
  })
  expect((await ask('POST', '/20261120/replay', { type: 'NONSENSE' })).statusCode).toBe(400)
})

test('topics are for administrators alone', async () => {
  const plain = await insertMember(database.sql, 'plain')
  for (const [method, path, body] of [
    ['GET', ''],
    ['DELETE', '/20261120'],
    ['POST', '/20261120/replay', {}],
  ] as const) {
    expect([path, (await ask(method, path, body, plain)).statusCode]).toEqual([path, 403])
    expect((await app.inject({ method, url: `/api/admin/topics${path}` })).statusCode).toBe(401)
  }
})

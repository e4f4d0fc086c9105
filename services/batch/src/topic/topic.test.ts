import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { Listener } from '@dailyfeed/event-listener/listener'
import { registerTopicReplayRoutes } from '@dailyfeed/event-listener/topic-replay.routes'
import { hashOfToken } from '@dailyfeed/configuration/development-secrets'
import { success } from '@dailyfeed/http-server/envelope'
import { createHttpServer } from '@dailyfeed/http-server/create-http-server'
import { createLog } from '@dailyfeed/http-server/log'
import { listen, type RunningService } from '@dailyfeed/http-server/running-service'
import type { TestDatabase } from '@dailyfeed/tests/database'
import { insertMember } from '@dailyfeed/tests/members'
import type { TestTokens } from '@dailyfeed/tests/tokens'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BATCH_TOKEN, batchDatabase, type BatchFixture, batchFixture } from '../batch-fixture.ts'
import { NO_KAFKA } from './topic.schemas.ts'

const asked: { path: string; body: unknown }[] = []
let database: TestDatabase
let tokens: TestTokens
let batch: BatchFixture
let owner: RunningService
let withoutKafka: RunningService
let areBrokersAway = false

/** The part of content-svc that owns topics. activity-svc cannot be reached. */
async function startOwner(): Promise<RunningService> {
  const server = await createHttpServer({
    service: 'content',
    log: createLog('test', 'silent'),
    verifier: tokens.verifier,
    callers: `batch:${hashOfToken(BATCH_TOKEN)}`,
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
  return listen({ name: 'content', app: server, config: { HOST: '127.0.0.1', PORT: 0 } })
}

/** The replay route of a listener without brokers. */
async function startOwnerWithoutKafka(): Promise<RunningService> {
  const callers = `batch:${hashOfToken(BATCH_TOKEN)}`
  const server = await createHttpServer({
    service: 'search',
    log: createLog('test', 'silent'),
    verifier: tokens.verifier,
    callers,
  })
  registerTopicReplayRoutes(server, {
    service: 'search',
    listener: {} as Listener,
    guard: { ownOf: async (records) => records },
    kafka: undefined,
  })
  return listen({ name: 'search', app: server, config: { HOST: '127.0.0.1', PORT: 0 } })
}

beforeAll(async () => {
  const started = await batchDatabase()
  database = started.database
  tokens = started.tokens
  owner = await startOwner()
  withoutKafka = await startOwnerWithoutKafka()
  batch = await batchFixture({
    database,
    tokens,
    urls: { content: owner.url, search: withoutKafka.url },
  })
})
afterAll(async () => {
  await batch.close()
  await owner.close()
  await withoutKafka.close()
  await database.drop()
})

const ask = (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) =>
  batch.ask({ method, url: `/api/admin/topics${path}`, body })

test('topics are listed by day with the lag of each consumer group', async () => {
  expect((await ask('GET', '')).body.data).toEqual({
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

test('unreachable brokers answer KAFKA_NETWORK_ERROR, not SERVICE_UNAVAILABLE', async () => {
  areBrokersAway = true
  const answer = await ask('GET', '')
  areBrokersAway = false
  expect([answer.status, answer.body.code]).toEqual([503, 'KAFKA_NETWORK_ERROR'])
})

test('a topic that is not read to its end is kept, and the lagging group is named', async () => {
  const answer = await ask('DELETE', '/20261120?dryRun=true')
  expect(answer.body.data).toEqual({
    outcome: 'UNREAD',
    lags: { 'activity.member-activity-20261120': 2 },
  })
  expect(asked.at(-1)).toEqual({ path: 'delete', body: { day: '20261120', isDryRun: true } })
  expect((await ask('DELETE', '/yesterday')).status).toBe(400)
})

test('a replay streams progress and a report or an error of each service', async () => {
  const answer = await ask('POST', '/20261120/replay', { type: 'POST_CREATE', dryRun: true })
  expect(answer.headers.get('content-type')).toContain('application/x-ndjson')
  const lines = answer.body
    .trim()
    .split('\n')
    .map((line: string) => JSON.parse(line))
  expect(lines).toEqual([
    { service: 'activity', error: 'activity cannot be reached' },
    { service: 'search', error: NO_KAFKA },
    { service: 'content', done: 5, of: 9 },
    { service: 'content', report: { records: 9, changed: 3, deadLettered: 0 } },
  ])
  expect(asked.at(-1)).toEqual({
    path: 'replay',
    body: { day: '20261120', isDryRun: true, type: 'POST_CREATE' },
  })
  expect((await ask('POST', '/20261120/replay', { type: 'NONSENSE' })).status).toBe(400)
})

test('only administrators may see or change topics', async () => {
  const plain = await insertMember(database.sql, 'plain')
  for (const [method, path, body] of [
    ['GET', ''],
    ['DELETE', '/20261120'],
    ['POST', '/20261120/replay', {}],
  ] as const) {
    const url = `/api/admin/topics${path}`
    const refused = await batch.ask({ method, url, body, as: plain })
    expect([path, refused.status]).toEqual([path, 403])
    expect((await batch.ask({ method, url, body, as: undefined })).status).toBe(401)
  }
})

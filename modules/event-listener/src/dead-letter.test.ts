import { hashOfToken } from '@dailyfeed/configuration/development-secrets'
import { INTERNAL_TOKEN } from '@dailyfeed/contract/headers'
import { createHttpServer } from '@dailyfeed/http-server/create-http-server'
import { createLog } from '@dailyfeed/http-server/log'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { openPool } from '@dailyfeed/postgres-support/pool'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import { activityEvent } from '@dailyfeed/tests/activity-events'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { testTokens } from '@dailyfeed/tests/tokens'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { registerDeadLetterRoutes } from './dead-letter.routes.ts'
import { createDeadLetterReplay, type DeadLetterReplay } from './dead-letter-replay.ts'
import { Listener } from './listener.ts'

const TOKEN_OF_BATCH = 'the-token-of-batch-svc-in-tests-only-x'
const TOKEN_OF_TIMELINE = 'the-token-of-timeline-svc-in-tests-only'
let database: TestDatabase
let sql: Sql
let app: HttpServer
let listener: Listener
let replay: DeadLetterReplay
let broken: boolean
let applied: number

const eventOf = (n: number) => activityEvent(n)
const fail = async (...numbers: number[]) => {
  broken = true
  await listener.handle(numbers.map(eventOf), 'http:test')
}
const ask = async (path: string, payload: object = {}, token = TOKEN_OF_BATCH) => {
  const answer = await app.inject({
    method: 'POST',
    url: `/internal/dead-letters${path}`,
    headers: { [INTERNAL_TOKEN]: token },
    payload,
  })
  return { status: answer.statusCode, code: answer.json().code, data: answer.json().data }
}

beforeAll(async () => {
  database = await testDatabase()
  sql = openPool({ url: database.urlOf('content'), max: 4, name: 'dead-letter-test' })
  const { verifier } = await testTokens()
  const callers = `batch:${hashOfToken(TOKEN_OF_BATCH)},timeline:${hashOfToken(TOKEN_OF_TIMELINE)}`
  app = await createHttpServer({
    service: 'content',
    log: createLog('test', 'silent'),
    verifier,
    callers,
  })
  const handler = {
    name: 'views',
    usesInbox: true,
    handles: () => true,
    async apply(_sql: Queryable, events: unknown[]) {
      if (broken) throw new TypeError(`no handler for ${events.length} events`)
      applied += events.length
      return events.length
    },
  }
  listener = new Listener({ sql, schema: 'content', handlers: [handler], log: app.log })
  replay = createDeadLetterReplay({ sql, schema: 'content', listener })
  registerDeadLetterRoutes(app, { sql, schema: 'content', replay })
})
beforeEach(async () => {
  applied = 0
  await database.sql`truncate content.dead_letter, content.inbox restart identity`
})
afterAll(async () => {
  await app.close()
  await sql.end({ timeout: 1 })
  await database.drop()
})

test('open dead letters are grouped by cause, and each is shown as it was received', async () => {
  await fail(1, 2)
  await listener.handle(['nonsense'], 'http:test')
  const { data } = await ask('/groups')
  expect(
    data.map(({ step, errorClass, count }: Record<string, unknown>) => ({
      step,
      errorClass,
      count,
    })),
  ).toEqual([
    { step: 'decode', errorClass: 'InvalidEventError', count: 1 },
    { step: 'views', errorClass: 'TypeError', count: 2 },
  ])
  const letter = (await ask('/find', { id: data[1].latestId })).data
  expect(letter).toMatchObject({
    status: 'OPEN',
    source: 'http:test',
    eventId: eventOf(2).eventId,
    replayCount: 0,
  })
  expect(JSON.parse(letter.payload)).toEqual(eventOf(2))
})

test('a replay runs the handler on the stored bytes, due or not, and takes effect once', async () => {
  await fail(1)
  const { latestId: id } = (await ask('/groups')).data[0]
  expect((await ask('/replay', { id })).data).toMatchObject({
    outcome: 'FAILED_AGAIN',
    deadLetter: { status: 'OPEN', replayCount: 1 },
  })
  broken = false
  expect((await replay.restoreDue()).restored).toBe(0)
  expect((await ask('/replay', { id })).data).toMatchObject({
    outcome: 'REPLAYED',
    deadLetter: { status: 'REPLAYED', replayCount: 2 },
  })
  expect((await ask('/replay', { id })).data.outcome).toBe('NOT_OPEN')
  expect(applied).toBe(1)
})

test('an invalid event fails again, stays open and keeps its reason', async () => {
  await listener.handle(['nonsense'], 'http:test')
  const { latestId: id } = (await ask('/groups')).data[0]
  expect((await ask('/replay', { id })).data).toMatchObject({
    outcome: 'FAILED_AGAIN',
    deadLetter: { status: 'OPEN', message: 'not an event of schema version 1: must be object' },
  })
})

test('a group is replayed without the others, and failures are counted', async () => {
  await fail(1, 2)
  await listener.handle(['nonsense'], 'http:test')
  const [decode, views] = (await ask('/groups')).data
  broken = false
  expect((await ask('/groups/replay', { fingerprint: views.fingerprint })).data).toMatchObject({
    replayed: 2,
    failedAgain: 0,
    remaining: 0,
  })
  expect((await ask('/groups/replay', { fingerprint: decode.fingerprint })).data).toMatchObject({
    replayed: 0,
    failedAgain: 1,
    remaining: 0,
  })
  expect((await ask('/groups/replay', { fingerprint: 'unknown' })).data).toMatchObject({
    replayed: 0,
    failedAgain: 0,
    remaining: 0,
  })
})

test('an archived dead letter is not open and not replayed; a replayed one is not archived', async () => {
  await fail(1, 2)
  const { latestId } = (await ask('/groups')).data[0]
  expect((await ask('/archive', { id: latestId })).data.status).toBe('ARCHIVED')
  broken = false
  expect((await ask('/replay', { id: latestId })).data.outcome).toBe('NOT_OPEN')
  expect((await replay.restoreDue()).restored).toBe(1)
  expect((await ask('/archive', { id: latestId - 1 })).data.status).toBe('REPLAYED')
  expect((await ask('/groups')).data).toEqual([])
})

test('an unknown id is 404, and only batch-svc is admitted', async () => {
  for (const path of ['/find', '/replay', '/archive']) {
    expect(await ask(path, { id: 99 })).toMatchObject({
      status: 404,
      code: 'DEAD_LETTER_NOT_FOUND',
    })
    expect((await ask(path, { id: 99 }, TOKEN_OF_TIMELINE)).status).toBe(403)
    expect((await ask(path, { id: 99 }, 'nobody')).status).toBe(401)
  }
})

test('a group is archived as a whole, once', async () => {
  await fail(1, 2, 3)
  await listener.handle(['nonsense'], 'http:test')
  const [, views] = (await ask('/groups')).data
  const rounds = await Promise.all(
    [1, 2].map(() => ask('/groups/archive', { fingerprint: views.fingerprint })),
  )
  expect(rounds.reduce((sum, { data }) => sum + data.count, 0)).toBe(3)
  expect((await ask('/groups/archive', { fingerprint: views.fingerprint })).data).toEqual({
    count: 0,
    remaining: 0,
  })
  expect((await ask('/groups')).data).toHaveLength(1)
})

test('bytes that are not UTF-8 are shown as base64', async () => {
  const value = Buffer.from([0x7b, 0xff, 0x00])
  await listener.handleRecords([
    { topic: 't', partition: 1, offset: 5n, key: null, value, headers: [], timestamp: 0 },
  ])
  const { latestId: id } = (await ask('/groups')).data[0]
  expect((await ask('/find', { id })).data).toMatchObject({
    payloadBase64: value.toString('base64'),
    topic: 't',
    partition: 1,
    offset: 5,
  })
  await fail(1)
  expect((await ask('/find', { id: id + 1 })).data.payloadBase64).toBe(null)
})

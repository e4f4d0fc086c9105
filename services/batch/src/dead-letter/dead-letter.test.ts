import { DailyfeedError } from '@dailyfeed/code/errors'
import { hashOfToken } from '@dailyfeed/configuration/development-secrets'
import { success } from '@dailyfeed/http-server/envelope'
import { createHttpServer, type HttpServer } from '@dailyfeed/http-server/http-server'
import { listen, type RunningService } from '@dailyfeed/http-server/running-service'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { insertMember } from '@dailyfeed/tests/members'
import { type TestTokens, testTokens } from '@dailyfeed/tests/tokens'
import type { Sql } from 'postgres'
import Type from 'typebox'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { batchApp } from '../batch-app.ts'
import { readBatchConfigOrThrow } from '../config.ts'
import { createTopicOwners } from '../topic/topic.service.ts'
import { createDeadLetterOwners, type DeadLetterOwners } from './dead-letter-owners.ts'

const BATCH_TOKEN = 'the-token-of-batch-svc-in-tests-only-x'
const NOWHERE = 'http://127.0.0.1:1'
let database: TestDatabase
let batchSql: Sql
let tokens: TestTokens
let app: HttpServer
let deadLetterOwners: DeadLetterOwners
let headers: Record<string, string>
const owners: { name: Owner; letters: Letter[]; undelivered: Letter[]; service: RunningService }[] = []
type Owner = 'content' | 'search' | 'member' | 'timeline'

/** A small owner that answers as the routes of deadletter-support do, over letters in memory. */
async function startOwner(name: Owner) {
  const server = await createHttpServer({
    service: name,
    logLevel: 'silent',
    verifier: tokens.verifier,
    callers: `batch:${hashOfToken(BATCH_TOKEN)}`,
    checkReady: async () => {},
  })
  const letters: Letter[] = []
  const undelivered: Letter[] = []
  const config = { access: 'INTERNAL' as const, callers: ['batch'] }
  const ById = Type.Object({ id: Type.Integer({ minimum: 1 }) })
  const open = () => letters.filter(({ status }) => status === 'OPEN')
  const getOrThrow = (id: number) => {
    const letter = letters.find((one) => one.id === id)
    if (letter === undefined) throw new DailyfeedError('DEAD_LETTER_NOT_FOUND')
    return letter
  }
  server.post('/internal/dead-letters/groups', { config }, async () => {
    const [first] = open()
    if (first === undefined) return success(200, [])
    const { fingerprint, step, errorClass, message } = first
    return success(200, [
      { fingerprint, step, errorClass, message, count: open().length, firstAt: first.createdAt, lastAt: open().at(-1)?.createdAt, latestId: open().at(-1)?.id },
    ])
  })
  server.post('/internal/dead-letters/find', { config, schema: { body: ById } }, async ({ body }) => success(200, getOrThrow(body.id)))
  server.post('/internal/dead-letters/archive', { config, schema: { body: ById } }, async ({ body }) =>
    success(200, Object.assign(getOrThrow(body.id), { status: 'ARCHIVED' })),
  )
  server.post('/internal/dead-letters/replay', { config, schema: { body: ById } }, async ({ body }) => {
    const deadLetter = getOrThrow(body.id)
    if (deadLetter.status !== 'OPEN') return success(200, { outcome: 'NOT_OPEN', deadLetter })
    return success(200, { outcome: 'REPLAYED', deadLetter: Object.assign(deadLetter, { status: 'REPLAYED' }) })
  })
  server.post('/internal/dead-letters/groups/replay', { config, schema: { body: Type.Object({ fingerprint: Type.String() }) } }, async ({ body }) => {
    const due = open().filter(({ fingerprint }) => fingerprint === body.fingerprint)
    for (const letter of due) letter.status = 'REPLAYED'
    return success(200, { replayed: due.length, failedAgain: 0, remaining: 0, since: '2026-11-25T00:00:00.000Z' })
  })
  server.post('/internal/dead-letters/groups/archive', { config, schema: { body: Type.Object({ fingerprint: Type.String() }) } }, async ({ body }) => {
    const due = open().filter(({ fingerprint }) => fingerprint === body.fingerprint)
    for (const letter of due) letter.status = 'ARCHIVED'
    return success(200, { count: due.length })
  })

  const dead = () => undelivered.filter(({ status }) => status === 'DEAD')
  const getUndeliveredOrThrow = (id: number) => {
    const letter = undelivered.find((one) => one.id === id)
    if (letter === undefined) throw new DailyfeedError('DEAD_LETTER_NOT_FOUND')
    return letter
  }
  server.post('/internal/undelivered/groups', { config }, async () =>
    success(
      200,
      dead()
        .slice(-1)
        .map(({ fingerprint, destination, status, message, createdAt, id }) => ({
          fingerprint,
          destination,
          status,
          message,
          count: dead().length,
          firstAt: createdAt,
          lastAt: createdAt,
          latestId: id,
        })),
    ),
  )
  server.post('/internal/undelivered/find', { config, schema: { body: ById } }, async ({ body }) => success(200, getUndeliveredOrThrow(body.id)))
  server.post('/internal/undelivered/replay', { config, schema: { body: ById } }, async ({ body }) => {
    const letter = getUndeliveredOrThrow(body.id)
    if (letter.status === 'DEAD') letter.status = 'PENDING'
    return success(200, letter)
  })
  server.post('/internal/undelivered/archive', { config, schema: { body: ById } }, async ({ body }) =>
    success(200, Object.assign(getUndeliveredOrThrow(body.id), { status: 'ARCHIVED' })),
  )
  for (const [path, status] of [
    ['replay', 'PENDING'],
    ['archive', 'ARCHIVED'],
  ] as const)
    server.post(`/internal/undelivered/groups/${path}`, { config, schema: { body: Type.Object({ fingerprint: Type.String() }) } }, async ({ body }) => {
      const due = dead().filter(({ fingerprint }) => fingerprint === body.fingerprint)
      for (const letter of due) letter.status = status
      return success(200, { count: due.length })
    })
  owners.push({ name, letters, undelivered, service: await listen({ name, app: server, host: '127.0.0.1', port: 0 }) })
}

interface Letter {
  id: number
  status: string
  fingerprint: string
  createdAt: string
  [member: string]: unknown
}

const ask = async (method: 'GET' | 'POST', path = '') => {
  const answer = await app.inject({ method, url: `/api/admin/dead-letters${path}`, headers })
  return { status: answer.statusCode, code: answer.json().code, data: answer.json().data }
}
const ownerOf = (name: string) => owners.find((owner) => owner.name === name) as (typeof owners)[number]
const keep = (name: string, ...ids: number[]) => {
  for (const id of ids) {
    const failure = {
      step: 'views',
      eventId: `event ${id}`,
      source: 'http:test',
      payload: '{"n":1}',
      errorClass: 'TypeError',
      message: 'no handler',
      stack: null,
      recordKey: null,
      headers: null,
      topic: null,
      partition: null,
      offset: null,
    }
    ownerOf(name).letters.push({
      ...failure,
      id,
      status: 'OPEN',
      fingerprint: `f-${name}`,
      attempts: 0,
      replayCount: 0,
      createdAt: `2026-11-25T00:00:0${id}.000Z`,
    })
  }
}

const keepUndelivered = (name: Owner, ...ids: number[]) => {
  for (const id of ids)
    ownerOf(name).undelivered.push({
      id,
      eventId: `event ${id}`,
      destination: 'kafka',
      status: 'DEAD',
      message: 'record too large',
      attempts: 1,
      replayCount: 0,
      lastAttemptAt: null,
      fingerprint: `u-${name}`,
      createdAt: `2026-11-25T00:01:0${id}.000Z`,
      payload: '{"n":2}',
    })
}

beforeAll(async () => {
  database = await testDatabase()
  tokens = await testTokens()
  for (const name of ['content', 'search', 'member', 'timeline'] as const) await startOwner(name)
  batchSql = openPool({ url: database.urlOf('batch'), max: 4, name: 'batch-test' })
  const config = readBatchConfigOrThrow({ DATABASE_URL: database.urlOf('batch'), LOG_LEVEL: 'silent', INTERNAL_TOKEN: BATCH_TOKEN, INTERNAL_CALLERS: '' })
  deadLetterOwners = createDeadLetterOwners(
    {
      content: ownerOf('content').service.url,
      search: ownerOf('search').service.url,
      member: ownerOf('member').service.url,
      timeline: ownerOf('timeline').service.url,
      activity: NOWHERE,
    },
    BATCH_TOKEN,
  )
  const jobOwners = { runJob: async () => ({}), async close() {} }
  app = (
    await batchApp({
      config,
      sql: batchSql,
      owners: jobOwners,
      deadLetterOwners,
      topicOwners: createTopicOwners({ content: NOWHERE }, BATCH_TOKEN),
      verifier: tokens.verifier,
    })
  ).app
  const operator = await insertMember(database.sql, 'operator')
  await database.sql`update member.member set role = 'ADMIN' where id = ${operator}`
  headers = { authorization: await tokens.bearerOf(operator) }
})
beforeEach(() => {
  for (const { letters, undelivered } of owners) for (const kept of [letters, undelivered]) kept.length = 0
})
afterAll(async () => {
  await app.close()
  await deadLetterOwners.close()
  for (const { service } of owners) await service.close()
  await batchSql.end({ timeout: 1 })
  await database.drop()
})

test('dead letters of all services are grouped by cause, and a service that is away is named', async () => {
  keep('content', 1, 2)
  keep('search', 3)
  const { status, data } = await ask('GET')
  expect([status, data.unavailable]).toEqual([200, ['activity']])
  expect(data.groups.map(({ service, count, latestId }: Record<string, unknown>) => ({ service, count, latestId }))).toEqual([
    { service: 'search', count: 1, latestId: 'search-3' },
    { service: 'content', count: 2, latestId: 'content-2' },
  ])
  expect(data.groups[1]).toMatchObject({
    step: 'views',
    errorClass: 'TypeError',
    message: 'no handler',
    firstAt: expect.any(String),
    lastAt: expect.any(String),
  })
})

test('one dead letter is shown whole, as it came', async () => {
  keep('content', 1)
  expect((await ask('GET', '/content-1')).data).toMatchObject({
    id: 'content-1',
    service: 'content',
    payload: '{"n":1}',
    source: 'http:test',
    status: 'OPEN',
    replayCount: 0,
  })
})

test('a replay is asked of the owner, and says so where there is nothing left to do', async () => {
  keep('content', 1)
  expect((await ask('POST', '/content-1/replay')).data).toMatchObject({ outcome: 'REPLAYED', deadLetter: { id: 'content-1', status: 'REPLAYED' } })
  expect((await ask('POST', '/content-1/replay')).data).toMatchObject({ outcome: 'NOT_OPEN' })
})

test('a group is replayed as a whole, and no other with it', async () => {
  keep('content', 1, 2)
  keep('search', 3)
  expect((await ask('POST', '/groups/f-content/replay')).data).toEqual({
    replayed: 2,
    failedAgain: 0,
    remaining: 0,
    since: '2026-11-25T00:00:00.000Z',
    unavailable: ['activity'],
  })
  expect((await ask('GET')).data.groups.map(({ service }: { service: string }) => service)).toEqual(['search'])
})

test('what could not be delivered stands beside what could not be handled, and can be asked for alone', async () => {
  keep('content', 1)
  keepUndelivered('content', 2, 3)
  keepUndelivered('member', 4)
  const { data } = await ask('GET')
  expect(
    data.groups.map(({ kind, service, step, status, count, latestId }: Record<string, unknown>) => [kind, service, step, status, count, latestId]),
  ).toEqual([
    ['PUBLISHER', 'member', 'to kafka', 'DEAD', 1, 'member-p4'],
    ['PUBLISHER', 'content', 'to kafka', 'DEAD', 2, 'content-p3'],
    ['LISTENER', 'content', 'views', 'OPEN', 1, 'content-1'],
  ])
  expect((await ask('GET', '?kind=LISTENER')).data.groups).toHaveLength(1)
  expect((await ask('GET', '?kind=PUBLISHER')).data).toMatchObject({ groups: [{ service: 'member' }, { service: 'content' }], unavailable: [] })
  expect(await ask('GET', '?kind=NONE')).toMatchObject({ status: 400 })
  expect((await ask('GET', '/content-p2')).data).toMatchObject({
    id: 'content-p2',
    kind: 'PUBLISHER',
    payload: '{"n":2}',
    message: 'record too large',
    status: 'DEAD',
  })
})

test('what was refused is sent again, alone or all of one cause; the second time there is nothing to do', async () => {
  keepUndelivered('content', 1, 2, 3)
  expect((await ask('POST', '/content-p1/replay')).data).toMatchObject({ outcome: 'SENT_AGAIN', deadLetter: { status: 'PENDING' } })
  expect((await ask('POST', '/content-p1/replay')).data).toMatchObject({ outcome: 'NOT_OPEN' })
  expect((await ask('POST', '/groups/u-content/replay')).data).toMatchObject({ replayed: 2, failedAgain: 0, remaining: 0 })
  expect((await ask('POST', '/groups/u-content/replay')).data).toMatchObject({ replayed: 0, unavailable: ['activity'] })
})

test('a group is put away as a whole', async () => {
  keep('content', 1, 2)
  keepUndelivered('member', 3)
  expect((await ask('POST', '/groups/f-content/archive')).data).toEqual({ archived: 2, unavailable: ['activity'] })
  expect((await ask('POST', '/groups/u-member/archive')).data).toEqual({ archived: 1, unavailable: ['activity'] })
  expect((await ask('GET')).data.groups).toEqual([])
})

test('what is archived is no longer open', async () => {
  keep('search', 1)
  expect((await ask('POST', '/search-1/archive')).data).toMatchObject({ id: 'search-1', status: 'ARCHIVED' })
  expect((await ask('GET')).data.groups).toEqual([])
})

test.each(['/content-99', '/content-0', '/content-1x', '/member-1', '/search-p1', '/content-p99', '/1', '/content-99999999999999999999'])(
  '%s is no dead letter',
  async (path) => {
    expect(await ask('GET', path)).toMatchObject({ status: 404, code: 'DEAD_LETTER_NOT_FOUND' })
    expect(await ask('POST', `${path}/replay`)).toMatchObject({ status: 404, code: 'DEAD_LETTER_NOT_FOUND' })
    expect(await ask('POST', `${path}/archive`)).toMatchObject({ status: 404, code: 'DEAD_LETTER_NOT_FOUND' })
  },
)

test('a dead letter of a service that is away is unavailable, not unknown', async () => {
  expect(await ask('GET', '/activity-1')).toMatchObject({ status: 503, code: 'SERVICE_UNAVAILABLE' })
})

test('dead letters are for administrators alone', async () => {
  const plain = await insertMember(database.sql, 'plain')
  const asPlain = { authorization: await tokens.bearerOf(plain) }
  for (const [method, path] of [
    ['GET', ''],
    ['GET', '/content-1'],
    ['POST', '/content-1/replay'],
    ['POST', '/content-1/archive'],
    ['POST', '/groups/x/replay'],
    ['POST', '/groups/x/archive'],
  ] as const) {
    const answer = await app.inject({ method, url: `/api/admin/dead-letters${path}`, headers: asPlain })
    expect([path, answer.statusCode, answer.json().code]).toEqual([path, 403, 'MEMBER_FORBIDDEN'])
    expect((await app.inject({ method, url: `/api/admin/dead-letters${path}` })).statusCode).toBe(401)
  }
})

import { hashOfToken } from '@dailyfeed/configuration/development-secrets'
import { offerDeadLetters } from '@dailyfeed/deadletter-support/dead-letter.routes'
import { createListener, type Listener } from '@dailyfeed/deadletter-support/listener'
import { createHttpServer, type HttpServer } from '@dailyfeed/http-server/http-server'
import { listen, type RunningService } from '@dailyfeed/http-server/running-service'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { insertMember } from '@dailyfeed/tests/members'
import { type TestTokens, testTokens } from '@dailyfeed/tests/tokens'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { batchApp } from '../batch-app.ts'
import { readBatchConfigOrThrow } from '../config.ts'
import { createDeadLetterOwners, type DeadLetterOwners } from './dead-letter-owners.ts'

const BATCH_TOKEN = 'the-token-of-batch-svc-in-tests-only-x'
const NOWHERE = 'http://127.0.0.1:1'
let database: TestDatabase
let batchSql: Sql
let tokens: TestTokens
let app: HttpServer
let deadLetterOwners: DeadLetterOwners
let headers: Record<string, string>
let broken: boolean
let applied: number
const owners: { name: 'content' | 'search'; sql: Sql; listener: Listener; service: RunningService }[] = []

/** A real listener over the schema of a real service, whose handler fails while `broken`. */
async function startOwner(name: 'content' | 'search') {
  const sql = openPool({ url: database.urlOf(name), max: 4, name: `${name}-test` })
  const server = await createHttpServer({ service: name, logLevel: 'silent', verifier: tokens.verifier, callers: `batch:${hashOfToken(BATCH_TOKEN)}`, checkReady: async () => {} })
  const step = {
    name: 'views',
    usesInbox: name === 'content',
    handles: () => true,
    async apply(_sql: Sql, events: unknown[]) {
      if (broken) throw new TypeError('no handler for 7 things')
      applied += events.length
      return events.length
    },
  }
  const listener = createListener({ sql, schema: name, steps: [step], log: server.log })
  offerDeadLetters(server, { sql, schema: name, listener })
  owners.push({ name, sql, listener, service: await listen({ name, app: server, host: '127.0.0.1', port: 0 }) })
}

const eventOf = (n: number) => {
  const at = '2026-11-25T00:00:00.000Z'
  return { eventId: `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`, schemaVersion: 1, messageKey: `k${n}`, version: 1, memberActivityType: 'POST_READ', memberId: 1, postId: 1, createdAt: at, updatedAt: at, occurredAt: at }
}
const ask = async (method: 'GET' | 'POST', path = '') => {
  const answer = await app.inject({ method, url: `/api/admin/dead-letters${path}`, headers })
  return { status: answer.statusCode, code: answer.json().code, data: answer.json().data }
}
const ownerOf = (name: string) => owners.find((owner) => owner.name === name) as (typeof owners)[number]
const fail = async (name: string, ...numbers: number[]) => {
  broken = true
  await ownerOf(name).listener.handle(numbers.map(eventOf), 'http:test')
}

beforeAll(async () => {
  database = await testDatabase()
  tokens = await testTokens()
  await startOwner('content')
  await startOwner('search')
  batchSql = openPool({ url: database.urlOf('batch'), max: 4, name: 'batch-test' })
  const config = readBatchConfigOrThrow({ DATABASE_URL: database.urlOf('batch'), LOG_LEVEL: 'silent', INTERNAL_TOKEN: BATCH_TOKEN, INTERNAL_CALLERS: '' })
  deadLetterOwners = createDeadLetterOwners({ content: ownerOf('content').service.url, search: ownerOf('search').service.url, activity: NOWHERE }, BATCH_TOKEN)
  const jobOwners = { runJob: async () => ({}), async close() {} }
  app = (await batchApp({ config, sql: batchSql, owners: jobOwners, deadLetterOwners, verifier: tokens.verifier })).app
  const operator = await insertMember(database.sql, 'operator')
  await database.sql`update member.member set role = 'ADMIN' where id = ${operator}`
  headers = { authorization: await tokens.bearerOf(operator) }
})
beforeEach(async () => {
  applied = 0
  await database.sql`truncate content.dead_letter, search.dead_letter, content.inbox restart identity`
})
afterAll(async () => {
  await app.close()
  await deadLetterOwners.close()
  for (const { service, sql } of owners) {
    await service.close()
    await sql.end({ timeout: 1 })
  }
  await batchSql.end({ timeout: 1 })
  await database.drop()
})

test('dead letters of all services are grouped by cause, and a service that is away is named', async () => {
  await fail('content', 1, 2)
  await fail('search', 3)
  const { status, data } = await ask('GET')
  expect([status, data.unavailable]).toEqual([200, ['activity']])
  expect(data.groups.map(({ service, count, latestId }: Record<string, unknown>) => ({ service, count, latestId }))).toEqual([
    { service: 'search', count: 1, latestId: 'search-1' },
    { service: 'content', count: 2, latestId: 'content-2' },
  ])
  expect(data.groups[1]).toMatchObject({ step: 'views', errorClass: 'TypeError', message: 'no handler for 7 things', firstAt: expect.any(String), lastAt: expect.any(String) })
})

test('one dead letter is shown whole, as it came', async () => {
  await fail('content', 1)
  const { data } = await ask('GET', '/content-1')
  expect(data).toMatchObject({ id: 'content-1', service: 'content', eventId: eventOf(1).eventId, source: 'http:test', status: 'OPEN', replayCount: 0 })
  expect(JSON.parse(data.payload)).toEqual(eventOf(1))
})

test('a replay runs the handler on what was kept, takes effect once, and says so the second time', async () => {
  await fail('content', 1)
  expect((await ask('POST', '/content-1/replay')).data).toMatchObject({ outcome: 'FAILED_AGAIN', deadLetter: { status: 'OPEN', replayCount: 1 } })
  broken = false
  expect((await ask('POST', '/content-1/replay')).data).toMatchObject({ outcome: 'REPLAYED', deadLetter: { status: 'REPLAYED' } })
  expect((await ask('POST', '/content-1/replay')).data).toMatchObject({ outcome: 'NOT_OPEN' })
  expect(applied).toBe(1)
})

test('a group is replayed as a whole, and no other with it', async () => {
  await fail('content', 1, 2)
  await fail('search', 3)
  const group = (await ask('GET')).data.groups.find(({ service }: { service: string }) => service === 'content')
  broken = false
  expect((await ask('POST', `/groups/${group.fingerprint}/replay`)).data).toEqual({ replayed: 2, failedAgain: 0, unavailable: ['activity'] })
  expect((await ask('GET')).data.groups.map(({ service }: { service: string }) => service)).toEqual(['search'])
})

test('what is archived is no longer open, and is not replayed', async () => {
  await fail('search', 1)
  expect((await ask('POST', '/search-1/archive')).data).toMatchObject({ id: 'search-1', status: 'ARCHIVED' })
  expect((await ask('GET')).data.groups).toEqual([])
  broken = false
  expect((await ask('POST', '/search-1/replay')).data.outcome).toBe('NOT_OPEN')
  expect(await ownerOf('search').listener.restoreDeadLetters()).toBe(0)
})

test.each(['/content-99', '/content-0', '/content-1x', '/member-1', '/1', '/content-99999999999999999999'])('%s is no dead letter', async (path) => {
  expect(await ask('GET', path)).toMatchObject({ status: 404, code: 'DEAD_LETTER_NOT_FOUND' })
  expect(await ask('POST', `${path}/replay`)).toMatchObject({ status: 404, code: 'DEAD_LETTER_NOT_FOUND' })
  expect(await ask('POST', `${path}/archive`)).toMatchObject({ status: 404, code: 'DEAD_LETTER_NOT_FOUND' })
})

test('a dead letter of a service that is away is unavailable, not unknown', async () => {
  expect(await ask('GET', '/activity-1')).toMatchObject({ status: 503, code: 'SERVICE_UNAVAILABLE' })
})

test('dead letters are for administrators alone, and the owners show them to batch-svc alone', async () => {
  const plain = await insertMember(database.sql, 'plain')
  const asPlain = { authorization: await tokens.bearerOf(plain) }
  for (const [method, path] of [['GET', ''], ['GET', '/content-1'], ['POST', '/content-1/replay'], ['POST', '/content-1/archive'], ['POST', '/groups/x/replay']] as const) {
    const answer = await app.inject({ method, url: `/api/admin/dead-letters${path}`, headers: asPlain })
    expect([path, answer.statusCode, answer.json().code]).toEqual([path, 403, 'MEMBER_FORBIDDEN'])
    expect((await app.inject({ method, url: `/api/admin/dead-letters${path}` })).statusCode).toBe(401)
  }
  const { url } = ownerOf('content').service
  const inOwnName = await fetch(`${url}/internal/dead-letters/groups`, { method: 'POST', headers: asPlain })
  expect(inOwnName.status).toBe(401)
})

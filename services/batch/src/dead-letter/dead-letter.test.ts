import { createNewEventOf, insertEvents } from '@dailyfeed/outbox/outbox'
import { registerDeadLetterRoutes } from '@dailyfeed/event-listener/dead-letter.routes'
import { createDeadLetterReplay } from '@dailyfeed/event-listener/dead-letter-replay'
import { Listener } from '@dailyfeed/event-listener/listener'
import { registerPublisherDeadLetterRoutes } from '@dailyfeed/outbox/publisher-dead-letter.routes'
import { hashOfToken } from '@dailyfeed/configuration/development-secrets'
import { createHttpServer } from '@dailyfeed/http-server/create-http-server'
import { createLog } from '@dailyfeed/http-server/log'
import { listen, type RunningService } from '@dailyfeed/http-server/running-service'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { activityEvent } from '@dailyfeed/tests/activity-events'
import type { TestDatabase } from '@dailyfeed/tests/database'
import { insertMember } from '@dailyfeed/tests/members'
import type { TestTokens } from '@dailyfeed/tests/tokens'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { BATCH_TOKEN, batchDatabase, type BatchFixture, batchFixture } from '../batch-fixture.ts'

const newEventOf = createNewEventOf('Asia/Seoul')
let database: TestDatabase
let tokens: TestTokens
let batch: BatchFixture
let isBroken: boolean
let effects: number

/** Services that store dead letters, each in its own schema. activity-svc is not among them: it cannot be reached. */
const OWNERS = ['content', 'search', 'member', 'timeline'] as const
type Owner = (typeof OWNERS)[number]
interface RunningOwner {
  sql: Sql
  listener: Listener | undefined
  service: RunningService
}
const owners = new Map<Owner, RunningOwner>()

async function startOwner(name: Owner): Promise<RunningOwner> {
  const sql = openPool({ url: database.urlOf(name), max: 3, name: `${name}-test` })
  const callers = `batch:${hashOfToken(BATCH_TOKEN)}`
  const server = await createHttpServer({
    service: name,
    log: createLog('test', 'silent'),
    verifier: tokens.verifier,
    callers,
  })
  const step = {
    name: 'views',
    usesInbox: true,
    handles: () => true,
    async apply(_sql: Sql, events: unknown[]) {
      if (isBroken) throw new TypeError(`no handler for ${events.length} events`)
      effects += events.length
      return events.length
    },
  }
  const listener =
    name === 'content' || name === 'search'
      ? new Listener({ sql, schema: name, handlers: [step], log: server.log })
      : undefined
  if (listener !== undefined)
    registerDeadLetterRoutes(server, {
      sql,
      schema: name,
      replay: createDeadLetterReplay({ sql, schema: name, listener }),
    })
  if (name !== 'search')
    registerPublisherDeadLetterRoutes(server, { sql, schema: name, wakeRelay() {} })
  return {
    sql,
    listener,
    service: await listen({ name, app: server, config: { HOST: '127.0.0.1', PORT: 0 } }),
  }
}

const ownerOf = (name: Owner) => owners.get(name) as RunningOwner
const urlOf = (name: Owner) => ownerOf(name).service.url

const ask = async (method: 'GET' | 'POST', path = '') => {
  const { status, body } = await batch.ask({ method, url: `/api/admin/dead-letters${path}` })
  return { status, code: body.code, data: body.data }
}

const eventOf = (n: number) => activityEvent(n)

/** Delivers events that the handler fails on; their dead letters have the ids 1, 2, … */
async function deadLetter(name: 'content' | 'search', ...numbers: number[]): Promise<void> {
  isBroken = true
  await ownerOf(name).listener?.handle(numbers.map(eventOf), 'http:test')
  isBroken = false
}

/** Stores events that Kafka refused permanently, with the ids 1, 2, … */
async function refuseEvents(name: 'content' | 'member', count: number): Promise<void> {
  const now = new Date()
  const events = Array.from({ length: count }, () => ({
    ...newEventOf('MEMBER_FOLLOW', { memberId: 7, targetMemberId: 8 }),
    destinations: ['kafka'],
    memberId: 7,
    targetMemberId: 8,
    version: 1,
    createdAt: now,
    updatedAt: now,
  }))
  await insertEvents(ownerOf(name).sql, name, events)
  await database.sql`
    update ${database.sql(name)}.outbox_pending set status = 'DEAD', attempts = 1, last_attempt_at = now() - interval '1 second', last_error = 'record of ' || id || ' bytes is too large'`
}

const fingerprintOf = async (service: string, kind: string): Promise<string> =>
  (await ask('GET', `?kind=${kind}`)).data.groups.find(
    (group: { service: string }) => group.service === service,
  ).fingerprint

beforeAll(async () => {
  const started = await batchDatabase()
  database = started.database
  tokens = started.tokens
  for (const name of OWNERS) owners.set(name, await startOwner(name))
  const urls = Object.fromEntries(OWNERS.map((name) => [name, urlOf(name)]))
  batch = await batchFixture({ database, tokens, urls })
})
beforeEach(async () => {
  isBroken = false
  effects = 0
  await database.sql`truncate content.dead_letter, search.dead_letter, content.inbox, search.inbox restart identity`
  await database.sql`truncate content.outbox, content.outbox_pending, member.outbox, member.outbox_pending restart identity`
})
afterAll(async () => {
  await batch.close()
  for (const { service, sql } of owners.values()) {
    await service.close()
    await sql.end({ timeout: 1 })
  }
  await database.drop()
})

test('dead letters of all services are listed by cause, and an unreachable service is named', async () => {
  await deadLetter('content', 1, 2)
  await deadLetter('search', 3)
  const { status, data } = await ask('GET')
  expect([status, data.unavailable]).toEqual([200, ['activity']])
  expect(
    data.groups.map(({ service, count, latestId }: Record<string, unknown>) => ({
      service,
      count,
      latestId,
    })),
  ).toEqual([
    { service: 'search', count: 1, latestId: 'search-1' },
    { service: 'content', count: 2, latestId: 'content-2' },
  ])
  expect(data.groups[1]).toMatchObject({
    kind: 'LISTENER',
    step: 'views',
    status: 'OPEN',
    errorClass: 'TypeError',
    message: 'no handler for 1 events',
  })
  expect(data.groups[1].firstAt <= data.groups[1].lastAt).toBe(true)
})

test('the list holds listener and publisher dead letters, and filters by kind and service', async () => {
  await deadLetter('content', 1)
  await refuseEvents('content', 2)
  await refuseEvents('member', 1)
  const groupsOf = async (query: string) =>
    (await ask('GET', query)).data.groups.map(
      ({ kind, service, step, status, count, latestId }: Record<string, unknown>) =>
        [kind, service, step, status, count, latestId].join(' '),
    )
  const all = [
    'LISTENER content views OPEN 1 content-1',
    'PUBLISHER content to kafka DEAD 2 content-p2',
    'PUBLISHER member to kafka DEAD 1 member-p1',
  ]
  expect((await groupsOf('')).sort()).toEqual(all)
  expect(await groupsOf('?kind=LISTENER')).toEqual([all[0]])
  expect((await groupsOf('?kind=PUBLISHER')).sort()).toEqual([all[1], all[2]])
  expect((await groupsOf('?service=content')).sort()).toEqual([all[0], all[1]])
  expect(await groupsOf('?service=content&kind=PUBLISHER')).toEqual([all[1]])
  expect((await ask('GET', '?service=content')).data.unavailable).toEqual([])
  for (const query of ['?kind=NONE', '?service=nobody'])
    expect(await ask('GET', query)).toMatchObject({ status: 400, code: 'VALIDATION_FAILED' })
})

test('one dead letter is shown in full, with its event as received', async () => {
  await deadLetter('content', 1)
  const { data } = await ask('GET', '/content-1')
  expect(data).toMatchObject({
    id: 'content-1',
    kind: 'LISTENER',
    service: 'content',
    source: 'http:test',
    status: 'OPEN',
    attempts: 0,
    replayCount: 0,
  })
  expect(JSON.parse(data.payload)).toEqual(eventOf(1))
  expect(data.stack).toContain('TypeError')
  await refuseEvents('content', 1)
  const unsent = (await ask('GET', '/content-p1')).data
  expect(unsent).toMatchObject({
    id: 'content-p1',
    kind: 'PUBLISHER',
    step: 'to kafka',
    message: 'record of 1 bytes is too large',
    status: 'DEAD',
    attempts: 1,
  })
  expect(JSON.parse(unsent.payload)).toMatchObject({
    memberActivityType: 'MEMBER_FOLLOW',
    memberId: 7,
    targetMemberId: 8,
  })
})

test('one of several simultaneous replays takes effect, and a later one has nothing to do', async () => {
  await deadLetter('content', 1)
  const outcomes = (await Promise.all([1, 2, 3].map(() => ask('POST', '/content-1/replay')))).map(
    ({ data }) => data.outcome,
  )
  expect(outcomes.filter((outcome) => outcome === 'REPLAYED')).toHaveLength(1)
  expect((await ask('POST', '/content-1/replay')).data).toMatchObject({
    outcome: 'NOT_OPEN',
    deadLetter: { status: 'REPLAYED', replayCount: 1 },
  })
  expect(effects).toBe(1)
})

test('a replay whose cause persists fails again and is counted', async () => {
  await deadLetter('content', 1)
  isBroken = true
  expect((await ask('POST', '/content-1/replay')).data).toMatchObject({
    outcome: 'FAILED_AGAIN',
    deadLetter: { status: 'OPEN', replayCount: 1 },
  })
})

test('a group is replayed alone and as a whole; the second replay has nothing to do', async () => {
  await deadLetter('content', 1, 2)
  await deadLetter('search', 3)
  const path = `/groups/${await fingerprintOf('content', 'LISTENER')}/replay`
  const first = await ask('POST', path)
  expect(first.data).toEqual({
    replayed: 2,
    failedAgain: 0,
    remaining: 0,
    since: expect.any(String),
    unavailable: ['activity'],
  })
  expect(await ask('POST', path)).toMatchObject({
    status: 200,
    data: { replayed: 0, failedAgain: 0, remaining: 0 },
  })
  expect(effects).toBe(2)
  expect((await ask('GET')).data.groups.map(({ service }: { service: string }) => service)).toEqual(
    ['search'],
  )
})

test('a replay in rounds ends: with since, a dead letter that failed again is not tried again', async () => {
  await deadLetter('content', 1, 2)
  const path = `/groups/${await fingerprintOf('content', 'LISTENER')}/replay`
  isBroken = true
  const { since, ...first } = (await ask('POST', path)).data
  expect(first).toMatchObject({ replayed: 0, failedAgain: 2, remaining: 0 })
  expect((await ask('POST', `${path}?since=${since}`)).data).toMatchObject({
    replayed: 0,
    failedAgain: 0,
    remaining: 0,
  })
  expect((await ask('POST', path)).data.failedAgain).toBe(2)
  expect(await ask('POST', `${path}?since=yesterday`)).toMatchObject({
    status: 400,
    code: 'VALIDATION_FAILED',
  })
})

test('a refused event is delivered again, alone or with its group; the second time nothing is', async () => {
  await refuseEvents('content', 3)
  const path = `/groups/${await fingerprintOf('content', 'PUBLISHER')}/replay`
  expect((await ask('POST', '/content-p1/replay')).data).toMatchObject({
    outcome: 'SENT_AGAIN',
    deadLetter: { id: 'content-p1', status: 'PENDING', replayCount: 1 },
  })
  expect((await ask('POST', '/content-p1/replay')).data).toMatchObject({ outcome: 'NOT_OPEN' })
  expect((await ask('POST', path)).data).toMatchObject({
    replayed: 2,
    failedAgain: 0,
    remaining: 0,
  })
  expect(await ask('POST', path)).toMatchObject({ status: 200, data: { replayed: 0 } })
})

test('a group is archived as a whole', async () => {
  await deadLetter('content', 1, 2)
  await refuseEvents('member', 1)
  const [listened, published] = [
    await fingerprintOf('content', 'LISTENER'),
    await fingerprintOf('member', 'PUBLISHER'),
  ]
  expect((await ask('POST', `/groups/${listened}/archive`)).data).toEqual({
    archived: 2,
    remaining: 0,
    unavailable: ['activity'],
  })
  expect((await ask('POST', `/groups/${published}/archive`)).data).toEqual({
    archived: 1,
    remaining: 0,
    unavailable: ['activity'],
  })
  expect((await ask('POST', `/groups/${published}/archive`)).data).toMatchObject({
    archived: 0,
    remaining: 0,
  })
  expect((await ask('GET')).data.groups).toEqual([])
})

test('an archived dead letter is no longer listed, and not replayed', async () => {
  await deadLetter('search', 1)
  expect((await ask('POST', '/search-1/archive')).data).toMatchObject({
    id: 'search-1',
    status: 'ARCHIVED',
  })
  expect((await ask('GET')).data.groups).toEqual([])
  expect((await ask('POST', '/search-1/replay')).data.outcome).toBe('NOT_OPEN')
  expect(effects).toBe(0)
})

test.each([
  '/content-99',
  '/content-0',
  '/content-1x',
  '/member-1',
  '/search-p1',
  '/content-p99',
  '/1',
  '/content-99999999999999999999',
])('%s is not the id of a dead letter: 404', async (path) => {
  expect(await ask('GET', path)).toMatchObject({ status: 404, code: 'DEAD_LETTER_NOT_FOUND' })
  expect(await ask('POST', `${path}/replay`)).toMatchObject({
    status: 404,
    code: 'DEAD_LETTER_NOT_FOUND',
  })
  expect(await ask('POST', `${path}/archive`)).toMatchObject({
    status: 404,
    code: 'DEAD_LETTER_NOT_FOUND',
  })
})

test('a dead letter of an unreachable service answers 503, not 404', async () => {
  expect(await ask('GET', '/activity-1')).toMatchObject({
    status: 503,
    code: 'SERVICE_UNAVAILABLE',
  })
})

test('only administrators may see or change dead letters', async () => {
  const plain = await insertMember(database.sql, 'plain')
  for (const [method, path] of [
    ['GET', ''],
    ['GET', '/content-1'],
    ['POST', '/content-1/replay'],
    ['POST', '/content-1/archive'],
    ['POST', '/groups/x/replay'],
    ['POST', '/groups/x/archive'],
  ] as const) {
    const url = `/api/admin/dead-letters${path}`
    const refused = await batch.ask({ method, url, as: plain })
    expect([path, refused.status, refused.body.code]).toEqual([path, 403, 'MEMBER_FORBIDDEN'])
    expect((await batch.ask({ method, url, as: undefined })).status).toBe(401)
  }
})

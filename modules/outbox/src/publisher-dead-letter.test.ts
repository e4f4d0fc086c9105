import { INTERNAL_TOKEN } from '@dailyfeed/contract/headers'
import { hashOfToken } from '@dailyfeed/configuration/development-secrets'
import { createHttpServer } from '@dailyfeed/http-server/create-http-server'
import { createLog } from '@dailyfeed/http-server/log'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { testTokens } from '@dailyfeed/tests/tokens'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createNewEventOf, insertEvents } from './outbox.ts'
import { registerPublisherDeadLetterRoutes } from './publisher-dead-letter.routes.ts'

const TOKEN_OF_BATCH = 'the-token-of-batch-svc-in-tests-only-x'
const newEventOf = createNewEventOf('Asia/Seoul')
let database: TestDatabase
let sql: Sql
let app: HttpServer
let wakes: number

const ask = async (path: string, payload: object = {}, token = TOKEN_OF_BATCH) => {
  const answer = await app.inject({
    method: 'POST',
    url: `/internal/undelivered${path}`,
    headers: { [INTERNAL_TOKEN]: token },
    payload,
  })
  return { status: answer.statusCode, code: answer.json().code, data: answer.json().data }
}

/**
 * Inserts events that a destination refused, or that wait for an unavailable one. Returns their
 * ids, the oldest first.
 */
async function insertUndelivered(
  count: number,
  status: 'DEAD' | 'PENDING',
  errorOf: (n: number) => string,
  destination = 'search',
): Promise<number[]> {
  const now = new Date()
  const events = Array.from({ length: count }, (_, n) => ({
    ...newEventOf('POST_UPDATE', { memberId: 7, postId: n + 1 }),
    destinations: [destination],
    memberId: 7,
    postId: n + 1,
    version: 1,
    createdAt: now,
    updatedAt: now,
  }))
  const before =
    (
      await database.sql<
        [{ id: number | null }]
      >`select max(id)::int as id from content.outbox_pending`
    )[0].id ?? 0
  await insertEvents(sql, 'content', events)
  const rows = await database.sql<
    { id: number }[]
  >`select id::int from content.outbox_pending where id > ${before} order by id`
  for (const [n, { id }] of rows.entries())
    await database.sql`
      update content.outbox_pending set status = ${status}, attempts = 1, last_attempt_at = now() - interval '1 second', last_error = ${errorOf(n)} where id = ${id}`
  return rows.map(({ id }) => id)
}

const statuses = async () =>
  Object.fromEntries(
    (
      await database.sql<
        { status: string; n: number }[]
      >`select status, count(*)::int as n from content.outbox_pending group by status`
    ).map(({ status, n }) => [status, n]),
  )
const tooLarge = (n: number) => `record of ${2_000_000 + n} bytes is too large`

beforeAll(async () => {
  database = await testDatabase()
  sql = openPool({ url: database.urlOf('content'), max: 4, name: 'publisher-dead-letter-test' })
  const { verifier } = await testTokens()
  app = await createHttpServer({
    service: 'content',
    log: createLog('test', 'silent'),
    verifier,
    callers: `batch:${hashOfToken(TOKEN_OF_BATCH)}`,
  })
  registerPublisherDeadLetterRoutes(app, {
    sql,
    schema: 'content',
    wakeRelay: () => {
      wakes += 1
    },
  })
})
beforeEach(async () => {
  wakes = 0
  await database.sql`truncate content.outbox, content.outbox_pending restart identity`
})
afterAll(async () => {
  await app.close()
  await sql.end({ timeout: 1 })
  await database.drop()
})

test('refused events are grouped by cause, ignoring numbers in errors; pending ones are another group', async () => {
  await insertUndelivered(3, 'DEAD', tooLarge)
  await insertUndelivered(1, 'DEAD', () => 'not authorised')
  const waiting = await insertUndelivered(4, 'PENDING', () => 'no broker answers', 'kafka')
  const { data } = await ask('/groups')
  expect(
    data
      .map(({ destination, status, count }: Record<string, unknown>) => [
        destination,
        status,
        count,
      ])
      .sort(),
  ).toEqual([
    ['kafka', 'PENDING', 4],
    ['search', 'DEAD', 1],
    ['search', 'DEAD', 3],
  ])
  expect(data.find(({ status }: { status: string }) => status === 'PENDING')).toMatchObject({
    message: 'no broker answers',
    latestId: waiting.at(-1),
  })
})

test('a publisher dead letter is shown with its event, error and attempts', async () => {
  const [id] = await insertUndelivered(1, 'DEAD', tooLarge)
  const { data } = await ask('/find', { id })
  expect(data).toMatchObject({
    id,
    destination: 'search',
    status: 'DEAD',
    message: tooLarge(0),
    attempts: 1,
    replayCount: 0,
  })
  expect(JSON.parse(data.payload)).toMatchObject({
    eventId: data.eventId,
    memberActivityType: 'POST_UPDATE',
    memberId: 7,
    postId: 1,
  })
  expect(data.fingerprint).toBe((await ask('/groups')).data[0].fingerprint)
})

test('concurrent replays of one dead letter redeliver it once', async () => {
  const [id] = await insertUndelivered(1, 'DEAD', tooLarge)
  const answers = await Promise.all([
    ask('/replay', { id }),
    ask('/replay', { id }),
    ask('/replay', { id }),
  ])
  expect(answers.map(({ data }) => data.outcome).sort()).toEqual([
    'NOT_OPEN',
    'NOT_OPEN',
    'SENT_AGAIN',
  ])
  expect((await ask('/find', { id })).data).toMatchObject({ status: 'PENDING', replayCount: 1 })
  expect(wakes).toBe(3)
})

test('a group replay redelivers all events of its cause and no others; a second one does nothing', async () => {
  await insertUndelivered(3, 'DEAD', tooLarge)
  await insertUndelivered(1, 'DEAD', () => 'not authorised')
  const { fingerprint } = (await ask('/groups')).data.find(
    ({ count }: { count: number }) => count === 3,
  )
  const rounds = await Promise.all([
    ask('/groups/replay', { fingerprint }),
    ask('/groups/replay', { fingerprint }),
  ])
  expect(rounds.reduce((sum, { data }) => sum + data.replayed, 0)).toBe(3)
  expect((await ask('/groups/replay', { fingerprint })).data).toMatchObject({
    replayed: 0,
    failedAgain: 0,
    remaining: 0,
  })
  expect(await statuses()).toEqual({ DEAD: 1, PENDING: 3 })
})

test('an event that is refused again during a replay run is not redelivered by that run', async () => {
  const ids = await insertUndelivered(2, 'DEAD', tooLarge)
  const { fingerprint } = (await ask('/groups')).data[0]
  const { since } = (await ask('/groups/replay', { fingerprint })).data
  await database.sql`update content.outbox_pending set status = 'DEAD', last_attempt_at = now() where id = ${ids[0] ?? 0}`
  expect((await ask('/groups/replay', { fingerprint, since })).data).toEqual({
    replayed: 0,
    failedAgain: 0,
    remaining: 0,
    since,
  })
  expect((await ask('/groups/replay', { fingerprint })).data.replayed).toBe(1)
})

test('events pending for an unavailable destination are neither redelivered nor archived', async () => {
  const [id] = await insertUndelivered(2, 'PENDING', () => 'no broker answers', 'kafka')
  const { fingerprint } = (await ask('/groups')).data[0]
  expect((await ask('/groups/replay', { fingerprint })).data).toMatchObject({
    replayed: 0,
    remaining: 0,
  })
  expect((await ask('/groups/archive', { fingerprint })).data).toEqual({ count: 0, remaining: 0 })
  expect((await ask('/archive', { id })).data.status).toBe('PENDING')
  expect(await statuses()).toEqual({ PENDING: 2 })
})

test('an archived event is neither listed nor redelivered', async () => {
  const ids = await insertUndelivered(3, 'DEAD', tooLarge)
  const { fingerprint } = (await ask('/groups')).data[0]
  expect((await ask('/archive', { id: ids[0] })).data.status).toBe('ARCHIVED')
  expect((await ask('/groups/archive', { fingerprint })).data).toEqual({ count: 2, remaining: 0 })
  expect((await ask('/groups')).data).toEqual([])
  expect((await ask('/replay', { id: ids[1] })).data).toMatchObject({
    outcome: 'NOT_OPEN',
    deadLetter: { status: 'ARCHIVED' },
  })
  expect(await statuses()).toEqual({ ARCHIVED: 3 })
})

test('an unknown id is 404, and only batch-svc is admitted', async () => {
  for (const path of ['/find', '/replay', '/archive']) {
    expect(await ask(path, { id: 99 })).toMatchObject({
      status: 404,
      code: 'DEAD_LETTER_NOT_FOUND',
    })
    expect((await ask(path, { id: 99 }, 'nobody')).status).toBe(401)
  }
})

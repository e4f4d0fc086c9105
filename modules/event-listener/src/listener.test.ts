import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import { openPool } from '@dailyfeed/postgres-support/pool'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import type { FastifyBaseLogger } from 'fastify'
import postgres, { type Sql } from 'postgres'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { createDeadLetterReplay, type DeadLetterReplay } from './dead-letter-replay.ts'
import type { EventHandler } from './event-handler.ts'
import { Listener } from './listener.ts'

const alarms: string[] = []
const log = {
  info() {},
  warn() {},
  error: (_fields: object, message: string) => void alarms.push(message),
} as unknown as FastifyBaseLogger
let database: TestDatabase
let sql: Sql
let listener: Listener
let replay: DeadLetterReplay
/** What each step does before it takes effect. */
let inTheWay: Record<string, (event: MemberActivityEvent, sql: Queryable) => void | Promise<void>>

const eventOf = (n: number): MemberActivityEvent => {
  const at = '2026-11-25T00:00:00.000Z'
  return {
    eventId: `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`,
    schemaVersion: 1,
    messageKey: `k${n}`,
    version: 1,
    memberActivityType: 'POST_READ',
    memberId: n,
    postId: 1,
    createdAt: at,
    updatedAt: at,
    occurredAt: at,
  }
}
const eventsOf = (count: number) => Array.from({ length: count }, (_, n) => eventOf(n + 1))

/** Counts each event in a row of its own, so that a second effect shows. */
const stepNamed = (name: string): EventHandler => ({
  name,
  usesInbox: true,
  handles: () => true,
  async apply(transaction, events) {
    for (const event of events) {
      await inTheWay[name]?.(event, transaction)
      await transaction`insert into content.effect (step, n) values (${name}, ${event.memberId})`
    }
    return events.length
  },
})
const effects = async (step: string) =>
  (await database.sql`select n from content.effect where step = ${step} order by n`).map(
    ({ n }) => n as number,
  )
const letters = async () => [
  ...(await database.sql`select step, error_class, status, attempts from content.dead_letter order by id`),
]

beforeAll(async () => {
  database = await testDatabase()
  await database.sql`create table content.effect (step text, n bigint)`
  await database.sql`grant insert on content.effect to dailyfeed_content`
  sql = openPool({ url: database.urlOf('content'), max: 4, name: 'listener-test' })
})
beforeEach(async () => {
  inTheWay = {}
  alarms.length = 0
  await database.sql`truncate content.dead_letter, content.inbox, content.effect restart identity`
  listener = new Listener({
    sql,
    schema: 'content',
    handlers: [stepNamed('first'), stepNamed('second')],
    log,
    maxDeadLettersPerMinute: 10,
  })
  replay = createDeadLetterReplay({ sql, schema: 'content', listener })
})
afterEach(() => void vi.restoreAllMocks())
afterAll(async () => {
  await sql.end({ timeout: 1 })
  await database.drop()
})

test('what is delivered twice, also within one batch and at the same time, takes effect once', async () => {
  const events = eventsOf(20)
  await Promise.all([
    listener.handle([...events, ...events], 'a'),
    listener.handle(events, 'b'),
    listener.handle([...events].reverse(), 'c'),
  ])
  expect(await listener.handle(events, 'd')).toEqual({ received: 20, applied: 0, deadLettered: 0 })
  for (const step of ['first', 'second'])
    expect(await effects(step)).toEqual(events.map(({ memberId }) => memberId))
})

test('an event that one step cannot take up becomes a dead letter of that step after three tries; the others and the other step take effect', async () => {
  let tries = 0
  inTheWay['first'] = ({ memberId }) => {
    if (memberId !== 7) return
    tries += 1
    throw new TypeError('a bug')
  }
  expect(await listener.handle(eventsOf(9), 'test')).toEqual({
    received: 9,
    applied: 17,
    deadLettered: 1,
  })
  expect(await effects('first')).toEqual([1, 2, 3, 4, 5, 6, 8, 9])
  expect(await effects('second')).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect(await letters()).toEqual([
    { step: 'first', error_class: 'TypeError', status: 'OPEN', attempts: 0 },
  ])
  const [letter] = await database.sql`select payload, source, fingerprint from content.dead_letter`
  expect(JSON.parse(letter?.['payload'].toString())).toEqual(eventOf(7))
  expect(letter).toMatchObject({
    source: 'test',
    fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
  })
  // Once with the whole, once with each half that it stands in, then three times alone.
  expect(tries).toBeGreaterThanOrEqual(3 + 3)
  await listener.handle(eventsOf(9), 'test')
  expect(await letters()).toHaveLength(1)
})

test.each([
  ['nothing', null],
  ['a text', 'event'],
  ['a number', 5],
  ['an unknown type', { ...eventOf(1), memberActivityType: 'POST_EXPLODE' }],
  ['a newer schema', { ...eventOf(1), schemaVersion: 2 }],
  ['no version', { ...eventOf(1), version: undefined }],
  ['an id that is no UUIDv7', { ...eventOf(1), eventId: 'x' }],
  ['a time that is none', { ...eventOf(1), occurredAt: 'yesterday' }],
  ['a text for a number', { ...eventOf(1), memberId: '1' }],
])('%s among the events is kept as it came, once, and holds up no other', async (_what, poison) => {
  for (let round = 0; round < 2; round += 1)
    expect((await listener.handle([eventOf(2), poison, eventOf(3)], 'test')).deadLettered).toBe(1)
  expect(await letters()).toEqual([
    { step: 'decode', error_class: 'InvalidEventError', status: 'OPEN', attempts: 0 },
  ])
  const [letter] = await database.sql`select payload from content.dead_letter`
  expect(letter?.['payload'].toString()).toBe(JSON.stringify(poison))
  expect(await effects('second')).toEqual([2, 3])
})

test('a fault that passes throws and leaves no dead letter; delivered again, each event takes effect once', async () => {
  for (const fault of [
    Object.assign(new Error('gone'), { code: 'ECONNRESET' }),
    new postgres.PostgresError({ message: 'deadlock', code: '40P01' } as never),
  ]) {
    inTheWay['second'] = ({ memberId }) => {
      if (memberId === 3)
        throw Object.assign(fault, fault instanceof postgres.PostgresError ? { code: '40P01' } : {})
    }
    await expect(listener.handle(eventsOf(5), 'test')).rejects.toBe(fault)
  }
  expect([await effects('first'), await effects('second'), await letters()]).toEqual([
    [1, 2, 3, 4, 5],
    [],
    [],
  ])
  inTheWay = {}
  expect(await listener.handle(eventsOf(5), 'test')).toEqual({
    received: 5,
    applied: 5,
    deadLettered: 0,
  })
  expect([await effects('first'), await effects('second')]).toEqual([
    [1, 2, 3, 4, 5],
    [1, 2, 3, 4, 5],
  ])
})

test('a restored dead letter takes effect once, after the event that was delivered behind it', async () => {
  inTheWay['first'] = ({ memberId }) => {
    if (memberId === 2) throw new TypeError('a bug')
  }
  await listener.handle(eventsOf(3), 'test')
  expect((await replay.restoreDue()).restored).toBe(0)
  expect(await letters()).toEqual([
    { step: 'first', error_class: 'TypeError', status: 'OPEN', attempts: 1 },
  ])
  inTheWay = {}
  // Its next attempt is a minute away.
  expect((await replay.restoreDue()).restored).toBe(0)
  await database.sql`update content.dead_letter set next_attempt_at = now()`
  const restored = await Promise.all([replay.restoreDue(), replay.restoreDue()])
  expect(restored.map((round) => round.restored).sort()).toEqual([0, 1])
  expect([await effects('first'), await effects('second')]).toEqual([
    [1, 2, 3],
    [1, 2, 3],
  ])
  expect((await letters())[0]).toMatchObject({ status: 'REPLAYED' })
})

test('when the dead letter cannot be written, the delivery fails as a whole and is repeated', async () => {
  inTheWay['first'] = () => {
    throw new TypeError('a bug')
  }
  await database.sql`revoke insert on content.dead_letter from dailyfeed_content`
  await expect(listener.handle([eventOf(1)], 'test')).rejects.toThrow('permission denied')
  await database.sql`grant insert on content.dead_letter to dailyfeed_content`
  expect((await listener.handle([eventOf(1)], 'test')).deadLettered).toBe(1)
})

test('a message that PostgreSQL cannot keep does not keep its dead letter from being written', async () => {
  inTheWay['first'] = () => {
    throw new TypeError('half a pair \ud800 and \0')
  }
  expect((await listener.handle([eventOf(1)], 'test')).deadLettered).toBe(1)
})

test('after too many dead letters within a minute the listener pauses with an alarm, and goes on a minute later', async () => {
  inTheWay['first'] = () => {
    throw new TypeError('a bad release')
  }
  const started = performance.now()
  const clock = vi.spyOn(performance, 'now')
  await expect(listener.handle(eventsOf(40), 'test')).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
  })
  await expect(listener.handle(eventsOf(40), 'test')).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
  })
  expect(await letters()).toHaveLength(10)
  expect(alarms.filter((message) => message.startsWith('ALARM'))).toHaveLength(1)
  clock.mockReturnValue(started + 120_000)
  inTheWay = {}
  // None is lost: those kept as dead letters, and all others by delivery.
  expect((await listener.handle(eventsOf(40), 'test')).deadLettered).toBe(0)
  expect(await effects('first')).toHaveLength(40)
  await replay.restoreDue()
  expect(await effects('first')).toHaveLength(40)
})

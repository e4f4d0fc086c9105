import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import { createLog } from '@dailyfeed/http-server/log'
import { openPool } from '@dailyfeed/postgres-support/pool'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import { activityEvent } from '@dailyfeed/tests/activity-events'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import type { Sql } from 'postgres'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { createDeadLetterReplay, type DeadLetterReplay } from './dead-letter-replay.ts'
import type { EventHandler } from './event-handler.ts'
import { Listener } from './listener.ts'

const alarms: string[] = []
const log = createLog('listener-test', 'silent')
let database: TestDatabase
let sql: Sql
let listener: Listener
let replay: DeadLetterReplay
/** Runs before each effect of a handler, and may throw. */
let beforeEffect: Record<
  string,
  (event: MemberActivityEvent, sql: Queryable) => void | Promise<void>
>

const eventOf = (n: number) => activityEvent(n, { memberId: n })
const eventsOf = (count: number) => Array.from({ length: count }, (_, n) => eventOf(n + 1))

/** Counts each event in a row of its own, so that a second effect shows. */
const handlerNamed = (name: string): EventHandler => ({
  name,
  usesInbox: true,
  handles: () => true,
  async apply(transaction, events) {
    for (const event of events) {
      await beforeEffect[name]?.(event, transaction)
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
  beforeEffect = {}
  alarms.length = 0
  vi.spyOn(log, 'error').mockImplementation((...entry: unknown[]) => {
    alarms.push(String(entry[1]))
  })
  await database.sql`truncate content.dead_letter, content.inbox, content.effect restart identity`
  listener = new Listener({
    sql,
    schema: 'content',
    handlers: [handlerNamed('first'), handlerNamed('second')],
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

test('events delivered twice, within a batch and concurrently, take effect once', async () => {
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

test('an event that fails in one handler becomes its dead letter after three attempts; the rest apply', async () => {
  let tries = 0
  beforeEffect['first'] = ({ memberId }) => {
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
  // Once with the whole batch, once with each half that contains it, then three times alone.
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
])(
  '%s among the events becomes one dead letter, byte for byte, and delays no other',
  async (_what, poison) => {
    for (let round = 0; round < 2; round += 1)
      expect((await listener.handle([eventOf(2), poison, eventOf(3)], 'test')).deadLettered).toBe(1)
    expect(await letters()).toEqual([
      { step: 'decode', error_class: 'InvalidEventError', status: 'OPEN', attempts: 0 },
    ])
    const [letter] = await database.sql`select payload from content.dead_letter`
    expect(letter?.['payload'].toString()).toBe(JSON.stringify(poison))
    expect(await effects('second')).toEqual([2, 3])
  },
)

test('a transient fault throws without a dead letter; after redelivery each event takes effect once', async () => {
  const deadlock = await database.sql`do $$ begin raise sqlstate '40P01'; end $$`.catch(
    (error: Error) => error,
  )
  for (const fault of [Object.assign(new Error('gone'), { code: 'ECONNRESET' }), deadlock]) {
    beforeEffect['second'] = ({ memberId }) => {
      if (memberId === 3) throw fault
    }
    await expect(listener.handle(eventsOf(5), 'test')).rejects.toBe(fault)
  }
  expect([await effects('first'), await effects('second'), await letters()]).toEqual([
    [1, 2, 3, 4, 5],
    [],
    [],
  ])
  beforeEffect = {}
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

test('a restored dead letter takes effect once, after an event that was delivered later', async () => {
  beforeEffect['first'] = ({ memberId }) => {
    if (memberId === 2) throw new TypeError('a bug')
  }
  await listener.handle(eventsOf(3), 'test')
  expect((await replay.restoreDue()).restored).toBe(0)
  expect(await letters()).toEqual([
    { step: 'first', error_class: 'TypeError', status: 'OPEN', attempts: 1 },
  ])
  beforeEffect = {}
  // Its next attempt is due in a minute.
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

test('a delivery whose dead letter cannot be stored fails as a whole and can be repeated', async () => {
  beforeEffect['first'] = () => {
    throw new TypeError('a bug')
  }
  await database.sql`revoke insert on content.dead_letter from dailyfeed_content`
  await expect(listener.handle([eventOf(1)], 'test')).rejects.toThrow('permission denied')
  await database.sql`grant insert on content.dead_letter to dailyfeed_content`
  expect((await listener.handle([eventOf(1)], 'test')).deadLettered).toBe(1)
})

test('an error message that PostgreSQL cannot store does not prevent the dead letter', async () => {
  beforeEffect['first'] = () => {
    throw new TypeError('half a pair \ud800 and \0')
  }
  expect((await listener.handle([eventOf(1)], 'test')).deadLettered).toBe(1)
})

test('too many dead letters in a minute pause the listener with one alarm; a minute later it continues', async () => {
  beforeEffect['first'] = () => {
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
  beforeEffect = {}
  // No event is lost: ten are dead letters, and the others are delivered again.
  expect((await listener.handle(eventsOf(40), 'test')).deadLettered).toBe(0)
  expect(await effects('first')).toHaveLength(40)
  await replay.restoreDue()
  expect(await effects('first')).toHaveLength(40)
})

/** A listener whose statements have 300 ms, with a handler that upserts all events in one statement. */
async function listenerWithSlowRow() {
  await database.sql.unsafe(`
    create table content.slow (n bigint primary key);
    grant select, insert, update on content.slow to dailyfeed_content;
    create function content.wait() returns trigger language plpgsql as
      'begin if new.n = 7 then perform pg_sleep(10); end if; return new; end';
    create trigger wait before insert on content.slow for each row execute function content.wait()`)
  const slow = openPool({
    url: database.urlOf('content'),
    max: 2,
    name: 'slow-listener-test',
    statementTimeout: 300,
  })
  const upserted: EventHandler = {
    name: 'upserted',
    usesInbox: false,
    handles: () => true,
    async apply(queryable, events) {
      const { count } = await queryable`
        insert into content.slow
        select unnest(${events.map(({ memberId }) => memberId)}::bigint[]) on conflict do nothing`
      return count
    },
  }
  const slowListener = new Listener({ sql: slow, schema: 'content', handlers: [upserted], log })
  return {
    listener: slowListener,
    applied: async () =>
      (await database.sql`select n from content.slow order by n`).map(({ n }) => n as number),
    async [Symbol.asyncDispose]() {
      await slow.end({ timeout: 1 })
      await database.sql.unsafe('drop table content.slow; drop function content.wait()')
    },
  }
}

test('an event that exceeds a time limit alone is a dead letter after three deliveries; others apply', async () => {
  await using slow = await listenerWithSlowRow()
  const events = eventsOf(20)
  const others = events.map(({ memberId }) => memberId).filter((n) => n !== 7)
  for (let delivery = 1; delivery <= 2; delivery += 1) {
    await expect(slow.listener.handle(events, 'test')).rejects.toThrow('statement timeout')
    expect(await slow.applied()).toEqual(others)
    expect(await letters()).toEqual([])
  }
  expect(await slow.listener.handle(events, 'test')).toMatchObject({
    received: 20,
    deadLettered: 1,
  })
  expect(await letters()).toEqual([
    { step: 'upserted', error_class: 'PostgresError', status: 'OPEN', attempts: 0 },
  ])
})

test('a replay stores an event that exceeds a time limit as a dead letter at once', async () => {
  await using slow = await listenerWithSlowRow()
  const records = eventsOf(10).map((event, offset) => ({
    topic: 't',
    partition: 0,
    offset: BigInt(offset),
    timestamp: 0,
    key: null,
    value: Buffer.from(JSON.stringify(event)),
    headers: [],
  }))
  expect(await slow.listener.handleRecords(records, { isReplay: true })).toEqual({
    received: 10,
    applied: 9,
    deadLettered: 1,
  })
})

test('a dead letter of another installation is not replayed', async () => {
  await database.sql`
    insert into content.dead_letter
      (step, event_id, source, payload, headers, error_class, error_message, fingerprint)
    values ('first', ${eventOf(1).eventId}, 'kafka:t/0/0', ${Buffer.from(JSON.stringify(eventOf(1)))},
      ${database.sql.json({ installation: '00000000-0000-4000-8000-000000000000' })}, 'Error', 'x', 'f')`
  expect(await listener.replayDeadLetter(1)).toBe('FAILED_AGAIN')
  const [letter] = await database.sql`select error_message from content.dead_letter`
  expect(letter?.['error_message']).toContain('00000000-0000-4000-8000-000000000000')
  expect(await effects('first')).toEqual([])
})

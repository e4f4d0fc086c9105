import { setTimeout as sleep } from 'node:timers/promises'
import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import type { FastifyBaseLogger } from 'fastify'
import type { Sql } from 'postgres'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { DeliveryRefusedError, type Destination, DestinationAwayError } from './destination.ts'
import { createNewEventOf, insertEvents } from './outbox.ts'
import { type Relay, startRelay } from './relay.ts'

const silent = Object.fromEntries(
  ['fatal', 'error', 'warn', 'info', 'debug', 'trace'].map((level) => [level, () => {}]),
) as unknown as FastifyBaseLogger
const newEventOf = createNewEventOf('Asia/Seoul')
let database: TestDatabase
let sql: Sql
let relays: Relay[] = []

beforeAll(async () => {
  database = await testDatabase()
  sql = openPool({ url: database.urlOf('content'), max: 8, name: 'relay-test' })
})
beforeEach(() => database.sql`truncate content.outbox, content.outbox_pending`)
afterEach(async () => {
  await Promise.all(relays.map((relay) => relay.stop()))
  relays = []
})
afterAll(async () => {
  await sql.end({ timeout: 1 })
  await database.drop()
})

async function write(count: number, postId = 1): Promise<void> {
  const now = new Date()
  const events = Array.from({ length: count }, (_, n) => ({
    ...newEventOf('POST_UPDATE', { memberId: 7, postId }),
    memberId: 7,
    postId,
    version: n + 1,
    createdAt: now,
    updatedAt: now,
  }))
  await sql.begin((transaction) => insertEvents(transaction as unknown as Sql, 'content', events))
}

type Take = (events: MemberActivityEvent[]) => Promise<void>

function start(takers: Record<string, Take>, stepMilliseconds?: number): Relay {
  const destinationOf = (take: Take): Destination => ({
    lanes: 1,
    deliver: (events) => take(events.map(({ json }) => JSON.parse(json))),
    close: async () => {},
  })
  const destinations = Object.fromEntries(
    Object.entries(takers).map(([name, take]) => [name, destinationOf(take)]),
  )
  const relay = startRelay({
    sql,
    schema: 'content',
    destinations,
    log: silent,
    ...(stepMilliseconds === undefined ? {} : { stepMilliseconds }),
  })
  relays.push(relay)
  return relay
}

const pending = async (destination: string) =>
  (
    await database.sql<
      [{ n: number }]
    >`select count(*)::int as n from content.outbox_pending where destination = ${destination} and status = 'PENDING'`
  )[0].n

async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  for (let waited = 0; waited < 15_000; waited += 20) {
    if (await holds()) return
    await sleep(20)
  }
  throw new Error('it did not come to hold')
}

/** A subscriber that remembers what it was given, and fails while told to. */
function subscriber() {
  const received: MemberActivityEvent[] = []
  const state = { failure: undefined as Error | undefined, calls: 0 }
  const deliver: Take = async (events) => {
    state.calls += 1
    if (state.failure !== undefined) throw state.failure
    received.push(...events)
  }
  return { received, state, deliver }
}

test('what the outbox holds reaches each subscriber, in the order of its writing, and is then no longer pending', async () => {
  const [activity, search] = [subscriber(), subscriber()]
  await write(1_200)
  start({ activity: activity.deliver, search: search.deliver })
  await until(async () => (await pending('activity')) === 0 && (await pending('search')) === 0)
  for (const { received } of [activity, search])
    expect(received.map(({ version }) => version)).toEqual(
      Array.from({ length: 1_200 }, (_, n) => n + 1),
    )
  expect(activity.received[0]).toMatchObject({
    memberActivityType: 'POST_UPDATE',
    memberId: 7,
    postId: 1,
    schemaVersion: 1,
  })
})

test('a subscriber that is away delays no other; its events wait with attempts and the last error, and come in order when it is back', async () => {
  const [activity, search] = [subscriber(), subscriber()]
  activity.state.failure = new DestinationAwayError('activity cannot be reached')
  start({ activity: activity.deliver, search: search.deliver })
  await write(300)
  await until(() => search.received.length === 300)
  await until(() => activity.state.calls >= 2)
  const [row] =
    await database.sql`select min(attempts) as attempts, max(last_error) as last_error from content.outbox_pending where destination = 'activity'`
  expect(row).toMatchObject({ last_error: 'activity cannot be reached' })
  expect(row?.['attempts']).toBeGreaterThanOrEqual(1)
  activity.state.failure = undefined
  await until(() => activity.received.length === 300)
  expect(activity.received.map(({ version }) => version)).toEqual(
    Array.from({ length: 300 }, (_, n) => n + 1),
  )
})

test('a destination that is away is probed with few of the many that wait', async () => {
  const sizes: number[] = []
  let isAway = true
  await write(2_000)
  start({
    search: subscriber().deliver,
    async activity(events) {
      sizes.push(events.length)
      if (isAway) throw new DestinationAwayError('activity cannot be reached')
    },
  })
  await until(() => sizes.length >= 4)
  expect(sizes[0]).toBe(500)
  expect(Math.max(...sizes.slice(1))).toBe(50)
  isAway = false
  await until(async () => (await pending('activity')) === 0)
})

test('of a batch that is refused only the refused event is set aside as DEAD; the others are delivered', async () => {
  const received: number[] = []
  const picky: Take = async (events) => {
    if (events.some(({ version }) => version === 5))
      throw new DeliveryRefusedError('activity refused')
    received.push(...events.map(({ version }) => version))
  }
  await write(10)
  start({ activity: picky, search: subscriber().deliver })
  await until(async () => (await pending('activity')) === 0)
  expect(received).toEqual([1, 2, 3, 4, 6, 7, 8, 9, 10])
  const dead =
    await database.sql`select status, last_error from content.outbox_pending where destination = 'activity'`
  expect([...dead]).toEqual([{ status: 'DEAD', last_error: 'activity refused' }])
})

test('of two relays one delivers; when it stops, the other takes over and nothing is lost', async () => {
  const [first, second] = [subscriber(), subscriber()]
  const active = start({ activity: first.deliver, search: subscriber().deliver })
  await write(50)
  await until(() => first.received.length === 50)
  start({ activity: second.deliver, search: subscriber().deliver })
  await write(50)
  await until(() => first.received.length === 100)
  expect(second.received).toEqual([])
  await active.stop()
  relays.shift()
  await write(50)
  await until(() => second.received.length === 50)
})

test('a relay whose connection is cut goes on by itself', async () => {
  const activity = subscriber()
  start({ activity: activity.deliver, search: subscriber().deliver })
  await write(10)
  await until(() => activity.received.length === 10)
  await database.sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'relay-test'`
  await sleep(100)
  await write(10).catch(() => write(10))
  await until(() => activity.received.length >= 20)
})

test('a delivery that never comes to an end is given up, and everything arrives', async () => {
  const activity = subscriber()
  const search = subscriber()
  let calls = 0
  const hangsOnce: Take = (events) => {
    calls += 1
    return calls === 1 ? new Promise(() => {}) : activity.deliver(events)
  }
  await write(10)
  start({ activity: hangsOnce, search: search.deliver }, 500)
  await until(() => activity.received.length >= 10)
  await write(5)
  for (const { received } of [activity, search]) {
    await until(() => received.length >= 15)
    expect(new Set(received.map(({ eventId }) => eventId)).size).toBe(15)
  }
})

test('a woken relay delivers at once, without waiting for its next look', async () => {
  const activity = subscriber()
  const relay = start({ activity: activity.deliver, search: subscriber().deliver })
  await write(1)
  await until(() => activity.received.length === 1)
  const times: number[] = []
  for (let n = 2; n <= 20; n += 1) {
    await sleep(5)
    const startedAt = performance.now()
    await write(1)
    relay.wake()
    await until(() => activity.received.length === n)
    times.push(performance.now() - startedAt)
  }
  expect(times.sort((a, b) => a - b)[10]).toBeLessThan(100)
})

test('while a large backlog is sent ahead of its deletion, each event arrives once and in order, also when the destination fails in between', async () => {
  const received: number[] = []
  let calls = 0
  await write(4_000)
  start({
    search: subscriber().deliver,
    async activity(events) {
      calls += 1
      if (calls % 3 === 2) throw new DestinationAwayError('gone for a moment')
      received.push(...events.map(({ version }) => version))
    },
  })
  await until(async () => (await pending('activity')) === 0)
  expect(received).toEqual(Array.from({ length: 4_000 }, (_, n) => n + 1))
})

test('a row that commits after one with a higher id is delivered all the same', async () => {
  const activity = subscriber()
  start({ activity: activity.deliver, search: subscriber().deliver })
  const late = database.sql.begin(async (transaction) => {
    await insertEvents(transaction as unknown as Sql, 'content', [
      {
        ...newEventOf('POST_UPDATE', { memberId: 7, postId: 1 }),
        memberId: 7,
        postId: 1,
        version: 99,
        createdAt: new Date(),
        updatedAt: new Date(),
      },
    ])
    await sleep(400)
  })
  await sleep(50)
  await write(3)
  await until(() => activity.received.length === 3)
  await late
  await until(() => activity.received.length === 4)
  expect(activity.received[3]?.version).toBe(99)
})

test('whole days of the outbox go with their partition once nothing of them is to be delivered, and a foreign service may not drop them', async () => {
  await database.sql.unsafe(`create table content.outbox_20260101 partition of content.outbox
    for values from ('019b7654-3c00-7000-8000-000000000000') to ('019b7b7a-9800-7000-8000-000000000000')`)
  const drop = async () =>
    (await sql<[{ n: number }]>`select event_support.drop_days('content', 'outbox', 8) as n`)[0].n
  const event = '019b7700-0000-7000-8000-000000000000'
  await database.sql`insert into content.outbox_pending (event_id, destination, status) values (${event}, 'search', 'DEAD')`
  // Its day has something to deliver by the bounds of UUIDv7, which are those of 2026-01-01.
  const [bounds] = await database.sql<[{ inside: boolean }]>`
    select ${event}::uuid >= event_support.lowest_uuid('2026-01-01T00:00:00Z') and ${event}::uuid < event_support.lowest_uuid('2026-01-02T00:00:00Z') as inside`
  expect([bounds.inside, await drop()]).toEqual([true, 0])
  await database.sql`delete from content.outbox_pending`
  expect(await drop()).toBe(1)
  expect(await drop()).toBe(0)
  await expect(sql`select event_support.drop_days('member', 'outbox', 8)`).rejects.toThrow(
    'only the service of schema member may',
  )
})

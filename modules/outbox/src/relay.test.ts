import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import { createLog } from '@dailyfeed/http-server/log'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { inTransaction } from '@dailyfeed/postgres-support/queryable'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { eventually } from '@dailyfeed/tests/eventually'
import type { Sql } from 'postgres'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { DeliveryRefusedError, type Destination, DestinationAwayError } from './destination.ts'
import { createNewEventOf, insertEvents } from './outbox.ts'
import { findPending } from './pending.queries.ts'
import { type Relay, startRelay } from './relay.ts'

const log = createLog('relay-test', 'silent')
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
  await inTransaction(sql, (transaction) => insertEvents(transaction, 'content', events))
}

type Deliver = (events: MemberActivityEvent[]) => Promise<void>
type RelayTimes = Pick<Parameters<typeof startRelay>[0], 'stepMilliseconds' | 'pollMilliseconds'>

function start(subscribers: Record<string, Deliver>, times: RelayTimes = {}): Relay {
  const destinationOf = (deliver: Deliver): Destination => ({
    lanes: 1,
    deliver: (events) => deliver(events.map(({ json }) => JSON.parse(json))),
    close: async () => {},
  })
  const destinations = Object.fromEntries(
    Object.entries(subscribers).map(([name, deliver]) => [name, destinationOf(deliver)]),
  )
  const relay = startRelay({
    sql,
    schema: 'content',
    destinations,
    log,
    ...times,
  })
  relays.push(relay)
  return relay
}

async function pending(destination: string): Promise<number> {
  const [row] = await database.sql<[{ n: number }]>`
    select count(*)::int as n from content.outbox_pending
    where destination = ${destination} and status = 'PENDING'`
  return row.n
}
const untilDelivered = (destination: string) =>
  eventually(
    `nothing is pending for ${destination}`,
    async () => (await pending(destination)) === 0,
  )
const untilReceived = ({ received }: { received: unknown[] }, count: number) =>
  eventually(
    `${count} events are received`,
    () => received.length,
    (length) => length >= count,
  )

/** A subscriber that records what it receives, and fails with `state.failure` while that is set. */
function subscriber() {
  const received: MemberActivityEvent[] = []
  const state = { failure: undefined as Error | undefined, calls: 0 }
  const deliver: Deliver = async (events) => {
    state.calls += 1
    if (state.failure !== undefined) throw state.failure
    received.push(...events)
  }
  return { received, state, deliver }
}

test('events reach each subscriber in the order of their writes and are pending no longer', async () => {
  const [activity, search] = [subscriber(), subscriber()]
  await write(1_200)
  start({ activity: activity.deliver, search: search.deliver })
  await untilDelivered('activity')
  await untilDelivered('search')
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

test('an unavailable subscriber delays no other, and gets its events in order when it is back', async () => {
  const [activity, search] = [subscriber(), subscriber()]
  activity.state.failure = new DestinationAwayError('activity cannot be reached')
  start({ activity: activity.deliver, search: search.deliver })
  await write(300)
  await untilReceived(search, 300)
  await eventually('activity is tried again', () => activity.state.calls >= 2)
  const [row] = await database.sql`
    select min(attempts) as attempts, max(last_error) as last_error from content.outbox_pending
    where destination = 'activity'`
  expect(row).toMatchObject({ last_error: 'activity cannot be reached' })
  expect(row?.['attempts']).toBeGreaterThanOrEqual(1)
  activity.state.failure = undefined
  await untilReceived(activity, 300)
  expect(activity.received.map(({ version }) => version)).toEqual(
    Array.from({ length: 300 }, (_, n) => n + 1),
  )
})

test('an unavailable destination is probed with 50 of its pending events', async () => {
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
  await eventually('activity is probed', () => sizes.length >= 4)
  expect(sizes[0]).toBe(500)
  expect(Math.max(...sizes.slice(1))).toBe(50)
  isAway = false
  await untilDelivered('activity')
})

test('probes of an unavailable destination shrink to one event, and none becomes DEAD', async () => {
  const sizes: number[] = []
  let isAway = true
  await write(200)
  start({
    search: subscriber().deliver,
    async activity(events) {
      sizes.push(events.length)
      if (isAway) throw new DestinationAwayError('activity cannot be reached')
    },
  })
  await eventually('single events are tried', () => sizes.filter((size) => size === 1).length >= 2)
  expect(sizes.slice(0, 7)).toEqual([200, 50, 25, 12, 6, 3, 1])
  isAway = false
  await untilDelivered('activity')
  const [dead] = await database.sql`select count(*)::int as n from content.outbox_pending`
  expect(dead).toEqual({ n: 0 })
})

test('an event that alone makes a destination fail becomes DEAD; the rest is delivered in order', {
  timeout: 60_000,
}, async () => {
  const received: number[] = []
  const failing: Deliver = async (events) => {
    if (events.some(({ version }) => version === 5))
      throw new DestinationAwayError('activity did not answer in time')
    received.push(...events.map(({ version }) => version))
  }
  await write(30)
  start({ activity: failing, search: subscriber().deliver })
  await eventually('all others are received', () => received.length >= 29)
  await untilDelivered('activity')
  // The events behind the failing one prove that the destination works: they may come before it is given up.
  expect(received).toEqual(Array.from({ length: 30 }, (_, n) => n + 1).filter((n) => n !== 5))
  const dead = await database.sql`
    select status, last_error from content.outbox_pending where destination = 'activity'`
  expect([...dead]).toEqual([{ status: 'DEAD', last_error: 'activity did not answer in time' }])
})

test('a read holds at most its bytes, and at least one event', async () => {
  await write(100)
  const query = { destination: 'activity', afterId: 0, items: 100, bytes: 2_000 }
  const bounded = await findPending(sql, 'content', query)
  const bytes = bounded.reduce((sum, { size }) => sum + size, 0)
  expect(bounded.length).toBeGreaterThan(3)
  expect(bytes - (bounded.at(-1)?.size ?? 0)).toBeLessThan(2_000)
  expect(await findPending(sql, 'content', { ...query, bytes: 1 })).toHaveLength(1)
  expect(await findPending(sql, 'content', { ...query, bytes: 1_000_000 })).toHaveLength(100)
})

test('events whose read exceeds its time limit are read in smaller parts', {
  timeout: 60_000,
}, async () => {
  await write(400)
  // Each row that is read takes 2 ms, and a statement has 500 ms.
  await database.sql.unsafe(`
    alter table content.outbox enable row level security;
    create policy written on content.outbox for insert to dailyfeed_content with check (true);
    create policy slow on content.outbox for select to dailyfeed_content
      using ((select pg_sleep(0.002 + 0 * version)) is not null)`)
  const slow = openPool({
    url: database.urlOf('content'),
    max: 4,
    name: 'relay-slow',
    statementTimeout: 500,
  })
  try {
    const received: number[] = []
    const destination: Destination = {
      lanes: 1,
      deliver: async (events) =>
        void received.push(...events.map(({ json }) => JSON.parse(json).version)),
      close: async () => {},
    }
    const destinations = { activity: destination }
    relays.push(startRelay({ sql: slow, schema: 'content', destinations, log }))
    await untilDelivered('activity')
    expect(received).toEqual(Array.from({ length: 400 }, (_, n) => n + 1))
  } finally {
    await relays.pop()?.stop()
    await slow.end({ timeout: 1 })
    await database.sql.unsafe(`
      drop policy written on content.outbox;
      drop policy slow on content.outbox;
      alter table content.outbox disable row level security`)
  }
})

test('in a refused batch only the refused event becomes DEAD; the others are delivered', async () => {
  const received: number[] = []
  const picky: Deliver = async (events) => {
    if (events.some(({ version }) => version === 5))
      throw new DeliveryRefusedError('activity refused')
    received.push(...events.map(({ version }) => version))
  }
  await write(10)
  start({ activity: picky, search: subscriber().deliver })
  await untilDelivered('activity')
  expect(received).toEqual([1, 2, 3, 4, 6, 7, 8, 9, 10])
  const dead = await database.sql`
    select status, last_error from content.outbox_pending where destination = 'activity'`
  expect([...dead]).toEqual([{ status: 'DEAD', last_error: 'activity refused' }])
})

test('two relays deliver one at a time; when one stops, the other takes over', async () => {
  const [first, second] = [subscriber(), subscriber()]
  const active = start({ activity: first.deliver, search: subscriber().deliver })
  await write(50)
  await untilReceived(first, 50)
  start({ activity: second.deliver, search: subscriber().deliver })
  await write(50)
  await untilReceived(first, 100)
  expect(second.received).toEqual([])
  await active.stop()
  relays.shift()
  await write(50)
  await untilReceived(second, 50)
})

test('a relay continues after its database connections were terminated', async () => {
  const activity = subscriber()
  start({ activity: activity.deliver, search: subscriber().deliver })
  await write(10)
  await untilReceived(activity, 10)
  await database.sql`
    select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'relay-test'`
  await eventually('a new connection writes', () =>
    write(10).then(
      () => true,
      () => false,
    ),
  )
  await untilReceived(activity, 20)
})

test('a delivery that never completes is abandoned and repeated', async () => {
  const activity = subscriber()
  const search = subscriber()
  let calls = 0
  const hangsOnce: Deliver = (events) => {
    calls += 1
    return calls === 1 ? new Promise(() => {}) : activity.deliver(events)
  }
  await write(10)
  start({ activity: hangsOnce, search: search.deliver }, { stepMilliseconds: 500 })
  await untilReceived(activity, 10)
  await write(5)
  for (const { received } of [activity, search])
    await eventually(
      'all 15 events are received',
      () => new Set(received.map(({ eventId }) => eventId)).size,
      (size) => size === 15,
    )
})

test('a woken relay delivers without waiting for its next poll', async () => {
  const activity = subscriber()
  const relay = start(
    { activity: activity.deliver, search: subscriber().deliver },
    { pollMilliseconds: 3_600_000 },
  )
  for (let count = 1; count <= 20; count += 1) {
    await write(1)
    relay.wake()
    await untilReceived(activity, count)
  }
})

test('a large backlog arrives once and in order, also when the destination fails in between', async () => {
  const received: number[] = []
  let calls = 0
  await write(4_000)
  start({
    search: subscriber().deliver,
    async activity(events) {
      calls += 1
      if (calls % 3 === 2) throw new DestinationAwayError('activity is briefly unavailable')
      received.push(...events.map(({ version }) => version))
    },
  })
  await untilDelivered('activity')
  expect(received).toEqual(Array.from({ length: 4_000 }, (_, n) => n + 1))
})

test('a row that commits after one with a higher id is delivered too', async () => {
  const activity = subscriber()
  start({ activity: activity.deliver, search: subscriber().deliver })
  const inserted = Promise.withResolvers<void>()
  const mayCommit = Promise.withResolvers<void>()
  const late = inTransaction(database.sql, async (transaction) => {
    await insertEvents(transaction, 'content', [
      {
        ...newEventOf('POST_UPDATE', { memberId: 7, postId: 1 }),
        memberId: 7,
        postId: 1,
        version: 99,
        createdAt: new Date(),
        updatedAt: new Date(),
      },
    ])
    inserted.resolve()
    await mayCommit.promise
  })
  await inserted.promise
  await write(3)
  await untilReceived(activity, 3)
  mayCommit.resolve()
  await late
  await untilReceived(activity, 4)
  expect(activity.received[3]?.version).toBe(99)
})

test('a partition of the outbox is dropped by its own service once nothing in it is pending', async () => {
  await database.sql.unsafe(`create table content.outbox_20260101 partition of content.outbox
    for values from ('019b7654-3c00-7000-8000-000000000000') to ('019b7b7a-9800-7000-8000-000000000000')`)
  const drop = async () =>
    (await sql<[{ n: number }]>`select event_support.drop_days('content', 'outbox', 8) as n`)[0].n
  const event = '019b7700-0000-7000-8000-000000000000'
  await database.sql`
    insert into content.outbox_pending (event_id, destination, status)
    values (${event}, 'search', 'DEAD')`
  // The id is within the bounds of 2026-01-01, so that this day has something left to deliver.
  const [bounds] = await database.sql<[{ inside: boolean }]>`
    select ${event}::uuid >= event_support.lowest_uuid('2026-01-01T00:00:00Z')
      and ${event}::uuid < event_support.lowest_uuid('2026-01-02T00:00:00Z') as inside`
  expect([bounds.inside, await drop()]).toEqual([true, 0])
  await database.sql`delete from content.outbox_pending`
  expect(await drop()).toBe(1)
  expect(await drop()).toBe(0)
  await expect(sql`select event_support.drop_days('member', 'outbox', 8)`).rejects.toThrow(
    'only the service of schema member may',
  )
})

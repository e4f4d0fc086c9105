import { setTimeout as sleep } from 'node:timers/promises'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { startTcpProxy, type TcpProxy } from '@dailyfeed/tests/tcp-proxy'
import type { Sql } from 'postgres'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { isTransientFault } from './fault.ts'
import { openPool } from './pool.ts'

/** Far longer than any outcome takes: only work that never settles reaches it. */
const UNSETTLED_MILLISECONDS = 10_000
const LOCK = 4_711

let database: TestDatabase
let proxy: TcpProxy
let sql: Sql
/** Unique for each pool: a backend may outlive its pool by the statement that it runs. */
let name: string
let pools = 0
const opened: Sql[] = []
const proxies: TcpProxy[] = []
let uncaught: unknown[]

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

const recordUncaught = (error: unknown) => void uncaught.push(error)

beforeEach(async () => {
  uncaught = []
  process.on('uncaughtException', recordUncaught)
  process.on('unhandledRejection', recordUncaught)
  proxy = await startProxy()
  sql = openThrough(proxy)
  await sql`select 1`
})

afterEach(async () => {
  await Promise.all(opened.splice(0).map((pool) => pool.end({ timeout: 0 })))
  await Promise.all(proxies.splice(0).map((one) => one.stop()))
  process.off('uncaughtException', recordUncaught)
  process.off('unhandledRejection', recordUncaught)
  expect(uncaught).toEqual([])
})

async function startProxy(): Promise<TcpProxy> {
  const started = await startTcpProxy({ port: Number(new URL(database.ownerUrl).port) })
  proxies.push(started)
  return started
}

/** A pool of one connection that runs through the proxy. */
function openThrough({ port }: TcpProxy, options: { silenceTimeout?: number } = {}): Sql {
  const url = new URL(database.urlOf('content'))
  url.port = String(port)
  pools += 1
  name = `lost-${pools}`
  const pool = openPool({ url: url.href, max: 1, name, ...options })
  opened.push(pool)
  return pool
}

/**
 * Settles when everything that was sent to this process before has been received: sockets of one
 * process share its event loop, and the answer to a statement arrives after it.
 */
async function roundTrip(): Promise<void> {
  await database.sql`select 1`
}

/** Resets the connection and waits until the driver has received the reset. */
async function cut(): Promise<void> {
  proxy.cut()
  await roundTrip()
}

/** Waits until a backend of the pool runs a statement, and has received it whole. */
const untilRunning = (statement: string): Promise<void> =>
  expect
    .poll(
      () =>
        database.sql`
          select from pg_stat_activity
           where application_name = ${name} and state = 'active' and query like ${`%${statement}%`}`,
      { timeout: UNSETTLED_MILLISECONDS, interval: 10 },
    )
    .toHaveLength(1)

const outcomeOf = (work: Promise<unknown>): Promise<unknown> =>
  Promise.race([
    work.then(
      (value) => ({ value }),
      (error: unknown) => (isTransientFault(error) ? 'LOST' : { error }),
    ),
    sleep(UNSETTLED_MILLISECONDS, 'UNSETTLED', { ref: false }),
  ])

test('a cursor whose connection is lost between two batches fails instead of ending', async () => {
  const rows: unknown[] = []
  const reading = (async () => {
    for await (const chunk of sql`select * from generate_series(1, 100)`.cursor(10)) {
      rows.push(...chunk)
      if (rows.length === 30) await cut()
    }
  })()
  expect(await outcomeOf(reading)).toBe('LOST')
  expect(rows).toHaveLength(30)
  expect(await outcomeOf(sql`select 1 as n`)).toEqual({ value: [{ n: 1 }] })
})

test('a cursor that is abandoned after its loss leaves the next connection undisturbed', async () => {
  await database.sql`select pg_advisory_lock(${LOCK})`
  let next: Promise<unknown> | undefined
  const reading = (async () => {
    for await (const _ of sql`select * from generate_series(1, 100)`.cursor(10)) {
      await cut()
      next = outcomeOf(sql`select pg_advisory_xact_lock(${LOCK})::text as locked, 1 as n`)
      await untilRunning('pg_advisory_xact_lock')
      break
    }
  })()
  expect(await outcomeOf(reading)).toEqual({ value: undefined })
  await database.sql`select pg_advisory_unlock_all()`
  expect(await next).toEqual({ value: [{ locked: '', n: 1 }] })
})

test('a transaction whose connection is lost refuses statements and never runs them elsewhere', async () => {
  let late: unknown
  const transaction = sql.begin(async (lost) => {
    await lost`select 1`
    await cut()
    // The pool has opened its next connection by the time this is answered.
    await sql`select 1`
    late = await outcomeOf(lost`select 2`)
  })
  expect(await outcomeOf(transaction)).toBe('LOST')
  await expect.poll(() => late).toBe('LOST')
})

test('a waiting reserve() gets a connection although the one that it waited for is lost', async () => {
  const first = await sql.reserve()
  const second = sql.reserve()
  await cut()
  expect(await outcomeOf(first`select 1`)).toBe('LOST')
  first.release()
  const own = await second
  expect(await outcomeOf(own`select 1 as n`)).toEqual({ value: [{ n: 1 }] })
  own.release()
  expect(await outcomeOf(sql`select 1 as n`)).toEqual({ value: [{ n: 1 }] })
})

test('end() resolves although a connection is lost meanwhile', async () => {
  const outcome = outcomeOf(sql.begin((inner) => inner`select pg_sleep(60)`))
  await untilRunning('pg_sleep')
  const ending = outcomeOf(sql.end())
  await cut()
  expect(await outcome).toBe('LOST')
  expect(await ending).toEqual({ value: undefined })
})

test('a pool that is ended during its reconnect delay makes no further attempt', async () => {
  const otherProxy = await startProxy()
  const control = openThrough(otherProxy)
  await control`select 1`
  proxy.close()
  otherProxy.close()
  await roundTrip()
  for (const pool of [sql, control, control]) expect(await outcomeOf(pool`select 1`)).toBe('LOST')
  const waiting = outcomeOf(sql`select 1`)
  await roundTrip()
  await sql.end({ timeout: 0 })
  expect(await waiting).toBe('LOST')
  const attempts = proxy.attempts()
  proxy.open()
  otherProxy.open()
  // The control has failed once more, which doubles its delay: the other delay has passed before.
  expect(await outcomeOf(control`select 1 as n`)).toEqual({ value: [{ n: 1 }] })
  expect(proxy.attempts()).toBe(attempts)
})

test('silence closes a connection that waits for an answer, and none that is idle', async () => {
  const silenceTimeout = 300
  const idle = openThrough(proxy, { silenceTimeout })
  const pidOf = async () => (await idle<[{ pid: number }]>`select pg_backend_pid() as pid`)[0].pid
  const pid = await pidOf()
  const heldProxy = await startProxy()
  const waiting = openThrough(heldProxy, { silenceTimeout })
  await waiting`select 1`
  heldProxy.hold()
  const [first, behind] = [outcomeOf(waiting`select 1`), outcomeOf(waiting`select 2`)]
  expect([await first, await behind]).toEqual(['LOST', 'LOST'])
  expect(await pidOf(), 'idle for longer than the waiting connection').toBe(pid)
  heldProxy.open()
  await expect
    .poll(() => outcomeOf(waiting`select 3 as n`), { timeout: UNSETTLED_MILLISECONDS })
    .toEqual({ value: [{ n: 3 }] })
})

test('cancel() of a query on an unreachable database raises no unhandled rejection', async () => {
  const query = sql`select pg_sleep(60)`
  const outcome = outcomeOf(query)
  await untilRunning('pg_sleep')
  const before = proxy.attempts()
  proxy.close()
  query.cancel()
  expect(await outcome).toBe('LOST')
  await expect.poll(() => proxy.attempts(), { interval: 10 }).toBeGreaterThan(before)
  await roundTrip()
})

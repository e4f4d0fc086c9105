import { setTimeout as sleep } from 'node:timers/promises'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { startTcpProxy, type TcpProxy } from '@dailyfeed/tests/tcp-proxy'
import type { Sql } from 'postgres'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { isTransientFault } from './fault.ts'
import { openPool } from './pool.ts'

let database: TestDatabase
let way: TcpProxy
let sql: Sql
/** The pool's own, since a backend may outlive the pool of an earlier test by the statement it is in. */
let name: string
let pools = 0
let uncaught: unknown[]

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

const remember = (error: unknown) => void uncaught.push(error)

beforeEach(async () => {
  uncaught = []
  process.on('uncaughtException', remember)
  process.on('unhandledRejection', remember)
  const url = new URL(database.urlOf('content'))
  way = await startTcpProxy({ port: Number(url.port) })
  url.port = String(way.port)
  pools += 1
  name = `lost-${pools}`
  sql = openPool({ url: url.href, max: 1, name })
  await sql`select 1`
})

afterEach(async () => {
  await sql.end({ timeout: 0 })
  await way.stop()
  process.off('uncaughtException', remember)
  process.off('unhandledRejection', remember)
  expect(uncaught).toEqual([])
})

/** Past the moment in which the driver hears of it. */
async function cut(): Promise<void> {
  way.cut()
  await sleep(30)
}

/** Its outcome, when there is one soon. */
const outcomeOf = (work: Promise<unknown>): Promise<unknown> =>
  Promise.race([
    work.then(
      (value) => ({ value }),
      (error: unknown) => (isTransientFault(error) ? 'LOST' : { error }),
    ),
    sleep(3_000, 'UNSETTLED', { ref: false }),
  ])

test('a cursor whose connection is lost between two rows fails, and does not look like one that came to its end', async () => {
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

test('a cursor that is left after its connection was lost disturbs nobody who has the next connection', async () => {
  let next: Promise<unknown> | undefined
  const reading = (async () => {
    for await (const _ of sql`select * from generate_series(1, 100)`.cursor(10)) {
      await cut()
      next = outcomeOf(sql`select pg_sleep(0.3), 1 as n`)
      await sleep(150)
      break
    }
  })()
  expect(await outcomeOf(reading)).toEqual({ value: undefined })
  expect(await next).toEqual({ value: [{ pg_sleep: '', n: 1 }] })
})

test('what a transaction asks after its connection was lost is refused, and never runs outside of it', async () => {
  let late: unknown
  const transaction = sql.begin(async (lost) => {
    await lost`select 1`
    await cut()
    // Somebody else has the next connection by now.
    await sql`select 1`
    late = await outcomeOf(lost`select 2`)
  })
  expect(await outcomeOf(transaction)).toBe('LOST')
  await expect.poll(() => late).toBe('LOST')
})

test('who waits for a reserved connection gets one although the one it waited for is lost', async () => {
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

test('a pool that is ended while its connection is lost comes to an end', async () => {
  const transaction = sql.begin((inner) => inner`select pg_sleep(5)`)
  const outcome = outcomeOf(transaction)
  await sleep(50)
  const ending = outcomeOf(sql.end())
  await cut()
  expect(await outcome).toBe('LOST')
  expect(await ending).toEqual({ value: undefined })
})

test('a pool that was ended while it was about to connect again does not', async () => {
  way.close()
  await sleep(30)
  expect(await outcomeOf(sql`select 1`)).toBe('LOST')
  const waiting = outcomeOf(sql`select 1`)
  await sleep(5)
  await sql.end({ timeout: 0 })
  expect(await waiting).toBe('LOST')
  way.open()
  await sleep(500)
  expect(
    await database.sql`select pid from pg_stat_activity where application_name = ${name}`,
  ).toEqual([])
})

test('a connection on which nothing is heard any more is given up, and what waited for it fails; one that nobody waits for stays', async () => {
  await sql.end({ timeout: 0 })
  const url = new URL(database.urlOf('content'))
  url.port = String(way.port)
  sql = openPool({ url: url.href, max: 1, name, silenceTimeout: 300 })
  const pidOf = async () => (await sql<[{ pid: number }]>`select pg_backend_pid() as pid`)[0].pid
  const pid = await pidOf()
  await sleep(700)
  expect(await pidOf()).toBe(pid)
  way.hold()
  const [first, behind] = [outcomeOf(sql`select 1`), outcomeOf(sql`select 2`)]
  expect([await first, await behind]).toEqual(['LOST', 'LOST'])
  way.open()
  await expect.poll(() => outcomeOf(sql`select 3 as n`)).toEqual({ value: [{ n: 3 }] })
})

test('to cancel a query that a database out of reach still runs ends no process', async () => {
  const query = sql`select pg_sleep(5)`
  const outcome = outcomeOf(query)
  await sleep(50)
  way.close()
  query.cancel()
  expect(await outcome).toBe('LOST')
  await sleep(50)
})

import { EventEmitter } from 'node:events'
import {
  DeadlinePassedError,
  RequestDeadline,
  runWithDeadline,
  withoutDeadline,
} from '@dailyfeed/concurrency/request-deadline'
import { coalesce } from '@dailyfeed/concurrency/coalesce'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import type { Sql } from 'postgres'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { isTransientFault } from './fault.ts'
import { openPool } from './pool.ts'

let database: TestDatabase
const opened: Sql[] = []

beforeAll(async () => {
  database = await testDatabase()
  await database.sql`create table content.cancelled (id int)`
  await database.sql`grant all on content.cancelled to public`
})
afterEach(() => Promise.all(opened.splice(0).map((pool) => pool.end({ timeout: 5 }))))
afterAll(() => database.drop())

function open(max: number): Sql {
  const pool = openPool({ url: database.urlOf('content'), max, name: 'deadline' })
  opened.push(pool)
  return pool
}

const newResponse = () => Object.assign(new EventEmitter(), { headersSent: false })

/** Runs `work` as a request whose caller waits for so many milliseconds. */
const within = <Outcome>(
  milliseconds: number,
  work: () => Outcome,
  response = newResponse(),
): Outcome => runWithDeadline(new RequestDeadline(milliseconds, response), work)

const outcomeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'DONE',
    (error: unknown) => (error instanceof DeadlinePassedError ? 'LATE' : error),
  )

const sleepers = async (): Promise<number> =>
  (
    await database.sql`
      select from pg_stat_activity
      where application_name = 'deadline' and state = 'active' and query like '%pg_sleep(60)%'`
  ).length

test('a statement that runs when the deadline passes is cancelled in the server', async () => {
  const sql = open(1)
  await sql`select 1`
  const late = within(300, () => outcomeOf(sql`select pg_sleep(60)`))
  await expect.poll(sleepers).toBe(1)
  expect(await late).toBe('LATE')
  await expect.poll(sleepers).toBe(0)
  expect(await sql`select 3 as n`, 'the connection serves the next statement').toEqual([{ n: 3 }])
})

test('the error of a passed deadline is a fault that passes, answered with 503', () => {
  expect(isTransientFault(new DeadlinePassedError())).toBe(true)
})

test('a statement with that of another caller behind it is left to run, and rejected at its deadline', async () => {
  const sql = open(1)
  await sql`select 1`
  const late = within(50, () => outcomeOf(sql`select pg_sleep(0.5)`))
  const behind = sql`select 2 as n`
  expect(await late).toBe('LATE')
  expect(await behind).toEqual([{ n: 2 }])
  expect(await sql`select 3 as n`).toEqual([{ n: 3 }])
})

test('a statement that waits for a connection when the deadline passes is never sent', async () => {
  const sql = open(1)
  const holding = Promise.withResolvers<void>()
  const isHeld = Promise.withResolvers<void>()
  const holder = sql.begin(async (transaction) => {
    await transaction`select 1`
    isHeld.resolve()
    await holding.promise
  })
  await isHeld.promise
  expect(await within(50, () => outcomeOf(sql`insert into content.cancelled values (1)`))).toBe(
    'LATE',
  )
  holding.resolve()
  await holder
  expect(await sql`select id from content.cancelled where id = 1`).toEqual([])
})

test('a transaction whose deadline passes is rolled back, and its connection is used again', async () => {
  const sql = open(1)
  const late = within(300, () =>
    outcomeOf(
      sql.begin(async (transaction) => {
        await transaction`insert into content.cancelled values (2)`
        await transaction`select pg_sleep(60)`
      }),
    ),
  )
  expect(await late).toBe('LATE')
  await expect.poll(sleepers).toBe(0)
  expect(await sql.begin((transaction) => transaction`select 5 as n`)).toEqual([{ n: 5 }])
  expect(await sql`select id from content.cancelled where id = 2`).toEqual([])
})

test('a savepoint whose deadline passes leaves no transaction behind', async () => {
  const sql = open(1)
  const late = within(200, () =>
    outcomeOf(
      sql.begin((transaction) =>
        transaction.savepoint((savepoint) => savepoint`select pg_sleep(60)`),
      ),
    ),
  )
  expect(await late).toBe('LATE')
  expect(await sql`select 6 as n`).toEqual([{ n: 6 }])
  expect(await sql`select pg_current_xact_id_if_assigned() as id`).toEqual([{ id: null }])
})

test('no statement is sent after the deadline', async () => {
  const sql = open(1)
  expect(await within(0, () => outcomeOf(sql`insert into content.cancelled values (3)`))).toBe(
    'LATE',
  )
  expect(await within(0, () => outcomeOf(sql.begin(() => sql`select 1`)))).toBe('LATE')
  expect(await sql`select id from content.cancelled where id = 3`).toEqual([])
})

test('work that several requests share is not stopped by the deadline of the first', async () => {
  const sql = open(2)
  const share = coalesce(async () => (await sql`select pg_sleep(0.3)`).count)
  expect(await within(50, share)).toBe(1)
  expect(
    await within(50, () => withoutDeadline(async () => (await sql`select pg_sleep(0.2)`).count)),
  ).toBe(1)
})

test('work that goes on after the answer has begun is not stopped', async () => {
  const sql = open(1)
  await sql`select 1`
  const response = newResponse()
  const running = within(100, () => outcomeOf(sql`select pg_sleep(0.4)`), response)
  response.headersSent = true
  expect(await running).toBe('DONE')
})

test('under load a deadline stops its own statements only, and every answer reaches its caller', async () => {
  const sql = open(3)
  let late = 0
  const requests = Array.from({ length: 400 }, async (_, n) => {
    await new Promise((resolve) => setTimeout(resolve, (n * 7) % 400))
    const rows = sql<{ n: number }[]>`select ${n}::int as n`
    if (n % 2 === 0) return expect(await rows).toEqual([{ n }])
    const milliseconds = (n % 23) + 1
    const outcome =
      n % 4 === 1
        ? await within(milliseconds, () => outcomeOf(sql`select pg_sleep(${0.002 * (n % 17)})`))
        : await within(milliseconds, () =>
            outcomeOf(
              sql.begin(async (transaction) => {
                await transaction`select 1`
                await transaction`select pg_sleep(${0.002 * (n % 17)})`
              }),
            ),
          )
    expect(['DONE', 'LATE']).toContain(outcome)
    if (outcome === 'LATE') late += 1
    expect(await rows).toEqual([{ n }])
  })
  await Promise.all(requests)
  expect(late).toBeGreaterThan(0)
  expect(await Promise.all([1, 2, 3, 4, 5].map((n) => sql`select ${n}::int as n`))).toEqual(
    [1, 2, 3, 4, 5].map((n) => [{ n }]),
  )
})

import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import type { Sql } from 'postgres'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { isTransientFault } from './fault.ts'
import { openPool } from './pool.ts'

let database: TestDatabase
let sql: Sql

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())
afterEach(() => sql.end({ timeout: 0 }))

const open = (options: { queueTimeout?: number; maxQueued?: number }) =>
  openPool({ url: database.urlOf('content'), max: 1, name: 'queue', ...options })

/** Keeps the only connection of the pool inside a transaction until `release`. */
async function occupied(): Promise<{ release: () => Promise<unknown> }> {
  const { promise: isReleased, resolve } = Promise.withResolvers<void>()
  const { promise: isOccupied, resolve: begun } = Promise.withResolvers<void>()
  const transaction = sql.begin(async (inner) => {
    await inner`select 1`
    begun()
    await isReleased
    return await inner`select 'still the same transaction'`
  })
  await isOccupied
  return {
    release() {
      resolve()
      return transaction
    },
  }
}

const failureOf = (work: Promise<unknown>): Promise<Error & { code?: string }> =>
  work.then(
    () => new Error('it succeeded'),
    (error) => error,
  )

test('a statement, a transaction and a reservation that wait too long for a connection fail', async () => {
  sql = open({ queueTimeout: 50 })
  const transaction = await occupied()
  const failures = await Promise.all([
    failureOf(sql`select 1`.execute()),
    failureOf(sql.begin((inner) => inner`select 1`)),
    failureOf(sql.reserve()),
  ])
  expect(failures.map(({ code }) => code)).toEqual(Array(3).fill('CONNECTION_QUEUE_TIMEOUT'))
  expect(failures.every(isTransientFault)).toBe(true)
  await transaction.release()
  expect([...(await sql`select 1 as one`)]).toEqual([{ one: 1 }])
})

test('a statement beyond the length of the queue fails at once; those in it are answered', async () => {
  sql = open({ maxQueued: 2 })
  const transaction = await occupied()
  const waiting = [sql`select 1 as n`.execute(), sql`select 2 as n`.execute()]
  const failure = await failureOf(sql`select 3 as n`.execute())
  expect([failure.code, isTransientFault(failure)]).toEqual(['CONNECTION_QUEUE_FULL', true])
  await transaction.release()
  expect((await Promise.all(waiting)).flat()).toEqual([{ n: 1 }, { n: 2 }])
})

test('a statement that got its connection in time is not failed later', async () => {
  sql = open({ queueTimeout: 300 })
  const transaction = await occupied()
  const waiting = sql`select pg_sleep(0.5), 'answered' as state`.execute()
  await transaction.release()
  expect([...(await waiting)]).toMatchObject([{ state: 'answered' }])
})

import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deleteInBatches, inBoundedBatches } from './bounded-batches.ts'
import { isExcessiveWork } from './fault.ts'
import { openPool } from './pool.ts'

let database: TestDatabase
/** Statements have half a second. */
let sql: Sql
beforeAll(async () => {
  database = await testDatabase()
  sql = openPool({ url: database.ownerUrl, max: 1, name: 'bounded', statementTimeout: 500 })
  await sql`create table public.slow (n bigint)`
  await sql`create function public.wait() returns trigger language plpgsql as
    'begin perform pg_sleep(0.01); return old; end'`
  await sql`create trigger wait before delete on public.slow for each row execute function public.wait()`
})
afterAll(async () => {
  await sql.end({ timeout: 1 })
  await database.drop()
})

test('batches continue until one is not full', async () => {
  let left = 25
  const limits: number[] = []
  const changed = await inBoundedBatches(
    async (limit) => {
      limits.push(limit)
      const taken = Math.min(limit, left)
      left -= taken
      return taken
    },
    { batch: 10 },
  )
  expect([changed, left, limits]).toEqual([25, 0, [10, 10, 10]])
})

test('after the time limit no further batch starts; the first always runs', async () => {
  expect(await inBoundedBatches(async (limit) => limit, { batch: 10, milliseconds: 0 })).toBe(10)
})

test('a deletion that exceeds the time limit of a statement is done in smaller batches', async () => {
  await sql`insert into public.slow select generate_series(1, 120)`
  const failure = await sql`delete from public.slow`.catch((error) => error)
  expect(isExcessiveWork(failure)).toBe(true)
  expect(await deleteInBatches(sql, 'public.slow', sql`n > 20`)).toBe(100)
  expect([...(await sql`select count(*)::int as left from public.slow`)]).toEqual([{ left: 20 }])
})

test('a single row that exceeds the time limit ends the work with its error', async () => {
  const limits: number[] = []
  const work = inBoundedBatches(
    async (limit) => {
      limits.push(limit)
      await sql`select pg_sleep(5)`
      return 0
    },
    { batch: 4 },
  )
  await expect(work).rejects.toThrow('statement timeout')
  expect(limits).toEqual([4, 2, 1])
})

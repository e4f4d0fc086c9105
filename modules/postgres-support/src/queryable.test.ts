import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { anyOf, inTransaction } from './queryable.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
  await database.sql`create table public.note (id int primary key)`
})
afterAll(() => database.drop())

const ids = async () =>
  (await database.sql<{ id: number }[]>`select id from public.note order by id`).map(({ id }) => id)

test('a transaction commits its work and returns its outcome; an error rolls it back', async () => {
  const { sql } = database
  const outcome = await inTransaction(sql, async (transaction) => {
    await transaction`insert into public.note values (1)`
    return ['kept', 1] as const
  })
  expect(outcome).toEqual(['kept', 1])
  const failing = inTransaction(sql, async (transaction) => {
    await transaction`insert into public.note values (2)`
    throw new Error('undone')
  })
  await expect(failing).rejects.toThrow('undone')
  expect(await ids()).toEqual([1])
})

test('a transaction inside a transaction is a savepoint: its error undoes its own work alone', async () => {
  await inTransaction(database.sql, async (outer) => {
    await outer`insert into public.note values (3)`
    await inTransaction(outer, async (inner) => {
      await inner`insert into public.note values (4)`
      throw new Error('undone')
    }).catch(() => {})
    await inTransaction(outer, (inner) => inner`insert into public.note values (5)`)
  })
  expect(await ids()).toEqual([1, 3, 5])
})

test('anyOf passes ids as one parameter', async () => {
  const found =
    await database.sql`select id from public.note where id = any (${anyOf([1, 5, 9])}::bigint[])`
  expect(found.map(({ id }) => id)).toEqual([1, 5])
})

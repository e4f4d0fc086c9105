import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import type { Sql } from 'postgres'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { openPool } from './pool.ts'

/** The driver's own default of `max_pipeline`: statements that one connection carries at a time. */
const MAX_PIPELINE = 100

let database: TestDatabase
let sql: Sql

beforeAll(async () => {
  database = await testDatabase()
  await database.sql`create table content.pipelined (id integer)`
  await database.sql`grant insert, select on content.pipelined to dailyfeed_content`
})
afterAll(() => database.drop())
afterEach(() => sql.end({ timeout: 0 }))

class Refusal extends Error {}

/** Rolls a transaction back while `statement` is sent outside it. Resolves when both have ended. */
async function besideRolledBackTransaction(statement: () => Promise<unknown>): Promise<void> {
  let outside: Promise<unknown> | undefined
  const transaction = sql.begin(async (inner) => {
    outside = statement()
    await inner`select 1`
    throw new Refusal()
  })
  await expect(transaction).rejects.toBeInstanceOf(Refusal)
  await outside
}

test('a statement sent beside a transaction stays outside it, however full the pipeline is', async () => {
  sql = openPool({ url: database.urlOf('content'), max: 1, name: 'pipeline' })
  await sql`select 1`
  const counts = Array.from({ length: 8 }, (_, n) => MAX_PIPELINE - 5 + n)
  for (const count of counts) {
    const before = Array.from({ length: count }, () => sql`select 1`.execute())
    await besideRolledBackTransaction(() => sql`insert into content.pipelined values (${count})`)
    await Promise.all(before)
  }
  const rows = await sql<{ id: number }[]>`select id from content.pipelined order by id`
  expect(rows.map(({ id }) => id)).toEqual(counts)
})

import postgres, { type Sql } from 'postgres'
import { expect, test } from 'vitest'
import { createReadDatabase } from './read-database.ts'

/** A database that answers every statement with the next of these rows, the last one again and again; or fails. */
function fakeSql(...answers: (object | Error)[]): { sql: Sql; asked: () => number } {
  let asked = 0
  const sql = async () => {
    const answer = answers[Math.min(asked, answers.length - 1)]
    asked += 1
    if (answer instanceof Error) throw answer
    return [answer]
  }
  return { sql: sql as unknown as Sql, asked: () => asked }
}

const log = { warn() {} }
const primary = fakeSql({ position: '0/10' }).sql
const away = () => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
const failure = (code: string) =>
  Object.assign(new postgres.PostgresError({ message: code } as never), { code })
const where = (replica: Sql | undefined) =>
  createReadDatabase({ primary, replica, log }).read(async (sql) =>
    sql === primary ? 'PRIMARY' : 'REPLICA',
  )

test('without a replica every read goes to the primary', async () => {
  expect(await where(undefined)).toBe('PRIMARY')
})

test('a replica that has caught up, or does so within a moment, is read', async () => {
  expect(await where(fakeSql({ reached: true }).sql)).toBe('REPLICA')
  expect(await where(fakeSql({ reached: false }, { reached: false }, { reached: true }).sql)).toBe(
    'REPLICA',
  )
})

test('a replica that is behind is not read: members see what they did a moment ago', async () => {
  expect(await where(fakeSql({ reached: false }).sql)).toBe('PRIMARY')
})

test('a replica that is away costs nobody an answer, and is left alone for a while', async () => {
  const replica = fakeSql(away())
  const reads = createReadDatabase({ primary, replica: replica.sql, log })
  for (let n = 0; n < 3; n += 1)
    expect(await reads.read(async (sql) => (sql === primary ? 'PRIMARY' : 'REPLICA'))).toBe(
      'PRIMARY',
    )
  expect(replica.asked()).toBe(1)
})

test('a search that takes too long on the replica is not repeated on the primary', async () => {
  const reads = createReadDatabase({ primary, replica: fakeSql({ reached: true }).sql, log })
  await expect(
    reads.read(async (sql) => {
      if (sql === primary) throw new Error('asked the primary')
      throw failure('57014')
    }),
  ).rejects.toMatchObject({ code: '57014' })
})

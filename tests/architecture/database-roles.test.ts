import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../database.ts'
import { SCHEMA_OWNERS } from '@dailyfeed/contract/services'

let database: TestDatabase
let tables: { schema: string; table: string }[]

beforeAll(async () => {
  database = await testDatabase()
  tables = await database.sql<typeof tables>`
    select table_schema as schema, table_name as table from information_schema.tables
    where table_schema = any (${['public', 'event_support', ...SCHEMA_OWNERS]})
      and table_type = 'BASE TABLE'`
})
afterAll(() => database.drop())

/** The login is the border between schemas, not the code of a service. */
test.each(SCHEMA_OWNERS)('the login of %s writes to no schema but its own', async (service) => {
  const sql = postgres(database.urlOf(service), { max: 1, onnotice() {} })
  const written: string[] = []
  for (const { schema, table } of tables.filter((one) => one.schema !== service)) {
    for (const statement of [
      `insert into ${schema}."${table}" default values`,
      `delete from ${schema}."${table}"`,
      `truncate ${schema}."${table}"`,
      `drop table ${schema}."${table}"`,
      `create table ${schema}.planted ()`,
    ]) {
      // 42501 is insufficient_privilege; any other outcome means that the role could write.
      const code = await sql.unsafe(statement).then(
        () => 'WRITTEN',
        (error: { code: string }) => error.code,
      )
      if (code !== '42501') written.push(`${statement}: ${code}`)
    }
  }
  await sql.end()
  expect(tables.length).toBeGreaterThan(10)
  expect(written).toEqual([])
})

test('timeline and search may read the tables of content and change none of them', async () => {
  for (const service of ['timeline', 'search'] as const) {
    const sql = postgres(database.urlOf(service), { max: 1, onnotice() {} })
    expect((await sql`select count(*)::int as n from content.post`)[0]?.['n']).toBe(0)
    await expect(sql`update content.post set title = 'changed'`).rejects.toMatchObject({
      code: '42501',
    })
    await sql.end()
  }
})

test('member-svc may read the interests of activity-svc and no other table of it', async () => {
  const sql = postgres(database.urlOf('member'), { max: 1, onnotice() {} })
  expect((await sql`select count(*)::int as n from activity.interest`)[0]?.['n']).toBe(0)
  await expect(sql`update activity.interest set score = 1`).rejects.toMatchObject({ code: '42501' })
  const others = tables.filter(({ schema, table }) => schema === 'activity' && table !== 'interest')
  expect(others.length).toBeGreaterThan(3)
  for (const { table } of others)
    await expect(sql.unsafe(`select from activity."${table}"`), table).rejects.toMatchObject({
      code: '42501',
    })
  await sql.end()
})

test('only member-svc may read e-mail addresses, passwords and signing keys', async () => {
  for (const service of SCHEMA_OWNERS.filter((one) => one !== 'member')) {
    const sql = postgres(database.urlOf(service), { max: 1, onnotice() {} })
    for (const statement of [
      'select email from member.member',
      'select password_hash from member.member',
      'select private_key from member.jwt_key',
      'select token_hash from member.refresh_token',
    ]) {
      await expect(sql.unsafe(statement), `${service}: ${statement}`).rejects.toMatchObject({
        code: '42501',
      })
    }
    await sql.end()
  }
})

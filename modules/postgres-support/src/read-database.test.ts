import { type AddressInfo, createServer } from 'node:net'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import postgres, { type Sql } from 'postgres'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createReadDatabase } from './read-database.ts'

let database: TestDatabase
let primary: Sql
/** A pool of a server that reports itself as a standby, by functions of the schema `standby`. */
let standby: Sql
const log = { warn() {} }

beforeAll(async () => {
  database = await testDatabase()
  primary = database.sql
  await primary.unsafe(`
    create schema standby;
    create table standby.state (polls_behind integer not null);
    insert into standby.state values (0);
    create sequence standby.polls;
    create function standby.pg_is_in_recovery() returns boolean language sql as 'select true';
    create function standby.pg_last_wal_replay_lsn() returns pg_lsn language sql as $$
      select case when nextval('standby.polls') > polls_behind
               then 'FFFFFFFF/FFFFFFFF' else '0/0' end::pg_lsn
        from standby.state
    $$;`)
})
afterAll(async () => {
  await database.drop()
})
afterEach(async () => {
  await standby?.end({ timeout: 0 })
})

/** The standby answers so many polls with a position behind the primary's. */
async function openStandby({ pollsBehind = 0, statementTimeout = 10_000 } = {}): Promise<Sql> {
  await primary`update standby.state set polls_behind = ${pollsBehind}`
  await primary`alter sequence standby.polls restart`
  standby = postgres(database.ownerUrl, {
    max: 1,
    connection: { search_path: 'standby, pg_catalog', statement_timeout: statementTimeout },
    onnotice() {},
  })
  return standby
}

const targetOf = (replica: Sql | undefined) =>
  createReadDatabase({ primary, replica, log }).read(async (sql) =>
    sql === primary ? 'PRIMARY' : 'REPLICA',
  )

test('without a replica every read goes to the primary', async () => {
  expect(await targetOf(undefined)).toBe('PRIMARY')
})

test.each([0, 2])('a replica that catches up after %i polls serves the read', async (polls) => {
  expect(await targetOf(await openStandby({ pollsBehind: polls }))).toBe('REPLICA')
})

test('a replica that does not catch up is not read, so that members see their own writes', async () => {
  expect(await targetOf(await openStandby({ pollsBehind: 1_000 }))).toBe('PRIMARY')
})

test('a replica that fails is not tried again during the cooldown, and no read fails', async () => {
  let attempts = 0
  const server = createServer((socket) => {
    attempts += 1
    socket.resetAndDestroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  standby = postgres({ host: '127.0.0.1', port, max: 1 })
  const reads = createReadDatabase({ primary, replica: standby, log })
  for (let n = 0; n < 3; n += 1)
    expect(await reads.read(async (sql) => (sql === primary ? 'PRIMARY' : 'REPLICA'))).toBe(
      'PRIMARY',
    )
  expect(attempts).toBe(1)
  server.close()
})

test('a query that times out on the replica is not repeated on the primary', async () => {
  const reads = createReadDatabase({
    primary,
    replica: await openStandby({ statementTimeout: 200 }),
    log,
  })
  await expect(
    reads.read(async (sql) => {
      if (sql === primary) throw new Error('the query ran on the primary')
      return sql`select pg_sleep(60)`
    }),
  ).rejects.toMatchObject({ code: '57014' })
})

test('a replica that stops to answer delays one read at a time, and no read fails', async () => {
  // Accepts connections and says nothing, like a server that is paused.
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  standby = postgres({ host: '127.0.0.1', port, max: 1 })
  const reads = createReadDatabase({ primary, replica: standby, log })
  const read = () => reads.read(async (sql) => (sql === primary ? 'PRIMARY' : 'REPLICA'))
  expect(await Promise.all([read(), read(), read()])).toEqual(['PRIMARY', 'PRIMARY', 'PRIMARY'])
  expect(await read()).toBe('PRIMARY')
  server.close()
})

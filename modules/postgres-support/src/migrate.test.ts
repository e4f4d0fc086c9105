import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCommitCutter } from '@dailyfeed/tests/commit-cutter'
import { SCHEMAS } from '@dailyfeed/tests/database-cluster'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { connectAsOwner } from '@dailyfeed/tests/owner-connection'
import { startTcpProxy } from '@dailyfeed/tests/tcp-proxy'
import type { Sql } from 'postgres'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { migrate } from './migrate.ts'

let server: TestDatabase
let name: string
let url: string
let sql: Sql
let folder: string

beforeAll(async () => {
  server = await testDatabase()
})
afterAll(() => server.drop())

beforeEach(async () => {
  name = `migrate_${randomBytes(6).toString('hex')}`
  await server.sql.unsafe(`create database ${name} template template0`)
  url = at(server.ownerUrl, { database: name })
  sql = connectAsOwner(url)
  folder = await mkdtemp(join(tmpdir(), 'dailyfeed-migrations-'))
  await writeFile(join(folder, '001-first.sql'), 'create table first (id int)')
  await writeFile(join(folder, '002-second.sql'), 'create table second (id int)')
})
afterEach(async () => {
  await sql.end({ timeout: 1 })
  await server.sql.unsafe(`drop database ${name} with (force)`)
  await rm(folder, { recursive: true, force: true })
})

function at(address: string, { database, port }: { database?: string; port?: number }): string {
  const parts = new URL(address)
  if (database !== undefined) parts.pathname = `/${database}`
  if (port !== undefined) parts.port = String(port)
  return parts.href
}

const two = () => [{ schema: 'two', folder }]
const serverPort = () => Number(new URL(url).port)
const recorded = async () =>
  (await sql<{ name: string }[]>`select name from public.migration order by run_at, name`).map(
    (row) => row.name,
  )
const messageOf = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: Error) => error.message,
  )

test('migrations run once each, in the order of schemas and file names', async () => {
  expect(await migrate(url, two())).toEqual(['two/001-first.sql', 'two/002-second.sql'])
  expect(await migrate(url, two())).toEqual([])
  expect(await recorded()).toEqual(['two/001-first.sql', 'two/002-second.sql'])
})

test.each([1, 2, 3, 7])(
  'a run that is cut behind COMMIT %i is completed by the next',
  async (commit) => {
    const cutter = await startCommitCutter({ port: serverPort() }, commit)
    const first = await messageOf(migrate(at(url, { port: cutter.port }), SCHEMAS))
    await cutter.stop()
    expect(first).not.toBe('no error')
    await migrate(url, SCHEMAS)
    const everything = await recorded()
    expect(new Set(everything).size).toBe(everything.length)
    expect(await migrate(url, SCHEMAS)).toEqual([])
  },
)

test('runs that are cut at random bytes are completed by the next', async () => {
  let seed = 24
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed / 2_147_483_647
  }
  let cuts = 0
  for (let run = 0; run < 8; run += 1) {
    const proxy = await startTcpProxy({ port: serverPort() })
    const running = messageOf(migrate(at(url, { port: proxy.port }), SCHEMAS))
    await expect.poll(() => proxy.attempts(), { interval: 1 }).toBeGreaterThan(0)
    proxy.cutAfter(() => Math.floor(random() * 60_000))
    if ((await running) !== 'no error') cuts += 1
    await proxy.stop()
  }
  expect(cuts, 'runs that were cut').toBeGreaterThan(0)
  await migrate(url, SCHEMAS)
  expect(await migrate(url, SCHEMAS)).toEqual([])
})

test('two runs at once apply each migration once', async () => {
  const runs = await Promise.all([migrate(url, SCHEMAS), migrate(url, SCHEMAS)])
  const ran = runs.flat()
  expect(new Set(ran).size).toBe(ran.length)
  expect([...ran].sort()).toEqual((await recorded()).sort())
})

test('a run waits for another one, says so, and goes on when it ends', async () => {
  const said: string[] = []
  let running: Promise<string[]> | undefined
  await sql.begin(async (other) => {
    await other`select pg_advisory_xact_lock(7310001)`
    running = migrate(url, two(), { say: (line) => void said.push(line) })
    await expect.poll(() => said).toHaveLength(1)
  })
  expect(await running).toHaveLength(2)
  expect(said[0]).toBe('migrations: another run holds the lock; waiting up to 60 s for it')
})

test('a run that waits too long for another one ends with a sentence that says what to do', async () => {
  await sql.begin(async (other) => {
    await other`select pg_advisory_xact_lock(7310001)`
    expect(await messageOf(migrate(url, two(), { waitSeconds: 0.1 }))).toContain(
      'another run has held the lock for 0.1 s; wait for its end',
    )
  })
})

test('a migration that fails is rolled back with its record and named; earlier ones stay', async () => {
  const second = join(folder, '002-second.sql')
  await writeFile(second, 'create table second (id int); select 1/0')
  expect(await messageOf(migrate(url, two()))).toBe(
    'migration two/002-second.sql failed and was rolled back: division by zero',
  )
  expect(await recorded()).toEqual(['two/001-first.sql'])
  await writeFile(second, 'create table second (id int)')
  expect(await migrate(url, two())).toEqual(['two/002-second.sql'])
})

test('a migration that was changed after it had been applied is named; line endings may differ', async () => {
  await migrate(url, two())
  const first = join(folder, '001-first.sql')
  await writeFile(first, 'create table first\r\n(id int)')
  expect(await messageOf(migrate(url, two()))).toContain(
    'migration two/001-first.sql was changed after it had been applied',
  )
  await writeFile(first, 'create table first (id int)')
  expect(await migrate(url, two())).toEqual([])
})

test('the record of an earlier release is completed, and changes are found from then on', async () => {
  await sql`create table public.migration (name text primary key, run_at timestamptz not null default now())`
  await sql`insert into public.migration (name) values ('two/001-first.sql')`
  expect(await migrate(url, two())).toEqual(['two/002-second.sql'])
  await writeFile(join(folder, '001-first.sql'), 'create table other (id int)')
  expect(await messageOf(migrate(url, two()))).toContain('two/001-first.sql was changed')
})

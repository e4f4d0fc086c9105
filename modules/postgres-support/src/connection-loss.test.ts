import { setTimeout as sleep } from 'node:timers/promises'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { startTcpProxy } from '@dailyfeed/tests/tcp-proxy'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isTransientFault } from './fault.ts'
import { openPool } from './pool.ts'

const POOL = 8
let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
  await database.sql`create table content.written (id text, part integer)`
  await database.sql`grant insert, select on content.written to dailyfeed_content`
})
afterAll(() => database.drop())

interface Outcomes {
  committed: string[]
  failed: number
  /** Errors that are no fault of a connection. */
  strange: unknown[]
}

/** Writes in transactions of two statements with a wait between them, plain reads, and reads on a connection of one's own. */
async function load(sql: Sql, until: () => boolean, name: string): Promise<Outcomes> {
  const outcomes: Outcomes = { committed: [], failed: 0, strange: [] }
  const attempt = async (work: () => Promise<unknown>): Promise<boolean> => {
    try {
      await work()
      return true
    } catch (error) {
      outcomes.failed += 1
      if (!isTransientFault(error)) outcomes.strange.push(error)
      await sleep(5)
      return false
    }
  }
  const writer = async (n: number) => {
    for (let round = 0; !until(); round += 1) {
      const id = `${name}-${n}-${round}`
      const isCommitted = await attempt(() =>
        sql.begin(async (transaction) => {
          await transaction`insert into content.written values (${id}, 1)`
          await sleep(Math.random() * 4)
          // Several at once wait in the transaction's own queue when the connection goes.
          await Promise.all([2, 3, 4].map((part) => transaction`insert into content.written values (${id}, ${part})`))
        }),
      )
      if (isCommitted) outcomes.committed.push(id)
    }
  }
  const reader = async () => {
    while (!until()) await attempt(() => sql`select count(*), pg_sleep(0.002) from content.written where id = 'x'`)
  }
  const reserver = async () => {
    while (!until())
      await attempt(async () => {
        const own = await sql.reserve()
        try {
          await own`select pg_sleep(0.002)`
          await Promise.all([own`select 1`, own`select 2`])
        } finally {
          own.release()
        }
      })
  }
  await Promise.all([...Array.from({ length: 16 }, (_, n) => writer(n)), reader(), reader(), reserver(), reserver()])
  return outcomes
}

const faults: [string, (way: { cut(): void }) => Promise<void>][] = [
  ['sockets that are cut', async (way) => way.cut()],
  [
    'backends that are ended',
    async () => void (await database.sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'loss' and random() < 0.7`),
  ],
]

test.each(faults)(
  '%s under load end no process, leave no work hanging, keep transactions whole, and leave the pool as wide as before',
  async (name, fault) => {
    const url = new URL(database.urlOf('content'))
    const way = await startTcpProxy({ port: Number(url.port) })
    url.port = String(way.port)
    const sql = openPool({ url: url.href, max: POOL, name: 'loss' })
    const uncaught: unknown[] = []
    const remember = (error: unknown) => void uncaught.push(error)
    process.on('uncaughtException', remember)
    process.on('unhandledRejection', remember)
    try {
      let isOver = false
      const work = load(sql, () => isOver, name)
      for (let storm = 0; storm < 25; storm += 1) {
        await sleep(60 + Math.random() * 40)
        await fault(way)
      }
      await sleep(300)
      isOver = true
      const outcomes = await Promise.race([work, sleep(10_000, undefined, { ref: false })])
      if (outcomes === undefined) throw new Error('work is left that never settles')
      expect(outcomes.strange).toEqual([])
      expect(outcomes.failed).toBeGreaterThan(25)
      expect(outcomes.committed.length).toBeGreaterThan(50)

      const rows = await database.sql<{ id: string; parts: string }[]>`
      select id, string_agg(part::text, ',' order by part) as parts from content.written where id like ${`${name}-%`} group by id`
      const written = new Map(rows.map(({ id, parts }) => [id, parts]))
      // What was acknowledged is there, and nothing is there by half, twice, or outside of its transaction.
      expect(outcomes.committed.filter((id) => written.get(id) !== '1,2,3,4')).toEqual([])
      expect([...written.values()].filter((parts) => parts !== '1,2,3,4')).toEqual([])

      // All connections are to be had at the same time.
      const backends = await Promise.all(
        Array.from({ length: POOL }, () =>
          sql.begin(async (transaction) => (await transaction<[{ pid: number }]>`select pg_backend_pid() as pid, pg_sleep(0.3)`)[0].pid),
        ),
      )
      expect(new Set(backends).size).toBe(POOL)
      expect(uncaught).toEqual([])
    } finally {
      process.off('uncaughtException', remember)
      process.off('unhandledRejection', remember)
      await sql.end({ timeout: 1 })
      await way.stop()
    }
  },
  60_000,
)

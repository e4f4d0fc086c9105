import { setTimeout as sleep } from 'node:timers/promises'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { startOwnDatabase } from '@dailyfeed/tests/own-database'
import { startTcpProxy, type TcpProxy } from '@dailyfeed/tests/tcp-proxy'
import postgres, { type Sql } from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isTransientFault } from './fault.ts'
import { openPool } from './pool.ts'

const POOL = 4
/** Far longer than any work takes, with a reconnect: only work that never settles reaches it. */
const UNSETTLED_MILLISECONDS = 15_000
/** The rows that a whole transaction of `write` leaves. */
const ALL_PARTS = '1,2,3,4'
const SERIES = 120
const MIN_COMMITTED = 20

let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
  await makeTable(database.sql)
})
afterAll(() => database.drop())

async function makeTable(owner: Sql): Promise<void> {
  await owner`create table content.written (id text, part integer)`
  await owner`grant insert, select on content.written to dailyfeed_content`
}

/** Numbers in [0, 1) that are the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

interface Outcomes {
  committed: string[]
  /** Transactions that the server refused before their commit. */
  refused: string[]
  /** The number of successes of each kind of work. */
  done: Record<string, number>
  failed: number
  /** Kinds of work that did not settle. */
  unsettled: string[]
  /** Errors other than the loss of a connection. */
  unexpected: unknown[]
}

class Refusal extends Error {}

/** Uses the pool in every way that services do, and cursors, all at once; fills `outcomes`. */
async function load(
  sql: Sql,
  outcomes: Outcomes,
  until: () => boolean,
  name: string,
  random: () => number,
): Promise<void> {
  async function attempt(kind: string, work: () => Promise<unknown>): Promise<boolean> {
    const outcome = await Promise.race([
      work().then(
        () => 'DONE' as const,
        (error: unknown) => ({ error }),
      ),
      sleep(UNSETTLED_MILLISECONDS, 'UNSETTLED' as const, { ref: false }),
    ])
    if (outcome === 'DONE') outcomes.done[kind] = (outcomes.done[kind] ?? 0) + 1
    else if (outcome === 'UNSETTLED') outcomes.unsettled.push(kind)
    else {
      outcomes.failed += 1
      if (!isTransientFault(outcome.error)) outcomes.unexpected.push(outcome.error)
      await sleep(5)
    }
    return outcome === 'DONE'
  }

  async function write(id: string): Promise<void> {
    await sql.begin(async (transaction) => {
      await transaction`insert into content.written values (${id}, 1)`
      await sleep(random() * 4)
      // Several statements wait in the transaction's own queue when the connection is lost.
      await Promise.all(
        [2, 3].map((part) => transaction`insert into content.written values (${id}, ${part})`),
      )
      await transaction.savepoint((inner) => inner`insert into content.written values (${id}, 4)`)
      const undone = transaction.savepoint(async (inner) => {
        await inner`insert into content.written values (${id}, 5)`
        throw new Refusal()
      })
      await undone.catch((error: unknown) => {
        if (!(error instanceof Refusal)) throw error
      })
    })
  }

  async function writeRefused(id: string): Promise<void> {
    try {
      await sql.begin(async (transaction) => {
        await transaction`insert into content.written values (${id}, 1)`
        await transaction`select 1 / ${0}::integer`
      })
    } catch (error) {
      if (!(error instanceof postgres.PostgresError && error.code === '22012')) throw error
      outcomes.refused.push(id)
    }
  }

  async function readByCursor(): Promise<void> {
    let rows = 0
    for await (const chunk of sql`select * from generate_series(1, ${SERIES}::integer)`.cursor(
      20,
    )) {
      rows += chunk.length
      // A loss at this moment occurs while no batch is requested.
      await sleep(random() * 3)
    }
    expect(rows).toBe(SERIES)
  }

  async function readOnOwnConnection(): Promise<void> {
    const own = await sql.reserve()
    try {
      await own`select pg_sleep(0.002)`
      const answers = await Promise.all(
        [1, 2, 3].map((n) => own<[{ n: number }]>`select ${n}::integer as n`),
      )
      expect(answers.map(([{ n }]) => n)).toEqual([1, 2, 3])
    } finally {
      own.release()
    }
  }

  async function read(n: number): Promise<void> {
    const [[tagged], [plain]] = await Promise.all([
      sql<[{ n: number }]>`select ${n}::integer as n, pg_sleep(0.001)`,
      sql.unsafe<[{ n: number }]>(`select ${n} as n`),
    ])
    expect([tagged.n, plain.n]).toEqual([n, n])
  }

  const worker = async (n: number, work: (id: string, round: number) => Promise<unknown>) => {
    for (let round = 0; !until(); round += 1) await work(`${name}-${n}-${round}`, round)
  }
  await Promise.all([
    ...[0, 1, 2, 3, 4, 5].map((n) =>
      worker(
        n,
        async (id) => (await attempt('write', () => write(id))) && outcomes.committed.push(id),
      ),
    ),
    worker(6, (id) => attempt('refused', () => writeRefused(id))),
    ...[7, 8].map((n) => worker(n, () => attempt('cursor', readByCursor))),
    ...[9, 10].map((n) => worker(n, () => attempt('reserve', readOnOwnConnection))),
    ...[11, 12].map((n) => worker(n, (_, round) => attempt('read', () => read(round)))),
  ])
}

interface Fault {
  inject(proxy: TcpProxy): Promise<unknown>
  /** Minimum number of faults: there are more where a slow machine completes little work. */
  times: number
  /** Mean milliseconds from one fault to the next. */
  every: number
}

interface Environment {
  /** The database's address, without the proxy. */
  url: string
  owner: Sql
  name: string
  random: () => number
}

async function expectNothingIsLost(
  { url, owner, name, random }: Environment,
  { inject, times, every }: Fault,
): Promise<void> {
  const address = new URL(url)
  const proxy = await startTcpProxy({ port: Number(address.port) })
  address.port = String(proxy.port)
  const sql = openPool({ url: address.href, max: POOL, name: 'loss' })
  const uncaught: unknown[] = []
  const recordUncaught = (error: unknown) => void uncaught.push(error)
  process.on('uncaughtException', recordUncaught)
  process.on('unhandledRejection', recordUncaught)
  try {
    let isOver = false
    const outcomes: Outcomes = {
      committed: [],
      refused: [],
      done: {},
      failed: 0,
      unsettled: [],
      unexpected: [],
    }
    const work = load(sql, outcomes, () => isOver, name, random)
    const hasSuffered = () => outcomes.failed > times && outcomes.committed.length > MIN_COMMITTED
    for (let time = 0; time < times || (!hasSuffered() && time < 5 * times); time += 1) {
      await sleep(every * (0.75 + random() / 2))
      await inject(proxy)
    }
    await untilReachable(owner)
    const committed = outcomes.committed.length
    // The load recovers by itself before it ends.
    await expect
      .poll(() => outcomes.committed.length, { timeout: UNSETTLED_MILLISECONDS, interval: 10 })
      .toBeGreaterThan(committed)
    proxy.cutAfter(() => Number.POSITIVE_INFINITY)
    isOver = true
    await work
    expect.soft(uncaught).toEqual([])
    expect.soft(outcomes.unsettled).toEqual([])
    expect.soft(outcomes.unexpected).toEqual([])
    // Positive control: there were faults, and work of every kind succeeded between them.
    expect.soft(outcomes.failed).toBeGreaterThan(times)
    expect
      .soft(Object.keys(outcomes.done).sort())
      .toEqual(['cursor', 'read', 'refused', 'reserve', 'write'])
    expect.soft(outcomes.committed.length).toBeGreaterThan(MIN_COMMITTED)

    const rows = await owner<{ id: string; parts: string }[]>`
      select id, string_agg(part::text, ',' order by part) as parts
        from content.written where id like ${`${name}-%`} group by id`
    const written = new Map(rows.map(({ id, parts }) => [id, parts]))
    // Acknowledged transactions are complete; none is partial, doubled or written by a refused one.
    expect.soft(outcomes.committed.filter((id) => written.get(id) !== ALL_PARTS)).toEqual([])
    expect.soft([...written].filter(([, parts]) => parts !== ALL_PARTS)).toEqual([])
    expect.soft(outcomes.refused.filter((id) => written.has(id))).toEqual([])

    expect.soft(await widthOf(sql)).toBe(POOL)
    const end = sql.end().then(() => 'ENDED')
    expect
      .soft(await Promise.race([end, sleep(UNSETTLED_MILLISECONDS, 'UNSETTLED', { ref: false })]))
      .toBe('ENDED')
    expect(uncaught).toEqual([])
  } finally {
    process.off('uncaughtException', recordUncaught)
    process.off('unhandledRejection', recordUncaught)
    await sql.end({ timeout: 0 })
    await proxy.stop()
  }
}

/** A server that was killed replays its log first, which takes as long as the disk does. */
async function untilReachable(owner: Sql): Promise<void> {
  const state = () =>
    owner`select 1`.then(
      () => 'reachable',
      () => 'unreachable',
    )
  await expect.poll(state, { timeout: 30_000 }).toBe('reachable')
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Returns how many different connections can be reserved at the same time. */
async function widthOf(sql: Sql): Promise<number> {
  const pids = new Set<number>()
  const reserveAll = Array.from({ length: POOL }, async () => {
    const own = await sql.reserve()
    const [{ pid }] = await own<[{ pid: number }]>`select pg_backend_pid() as pid`
    pids.add(pid)
    return own
  })
  const reserved = await Promise.race([
    Promise.allSettled(reserveAll),
    sleep(UNSETTLED_MILLISECONDS, [], { ref: false }),
  ])
  for (const own of reserved) if (own.status === 'fulfilled') own.value.release()
  return pids.size
}

const faults: [string, (random: () => number) => (proxy: TcpProxy) => Promise<unknown>][] = [
  ['cut connections', () => async (proxy) => proxy.cut()],
  // A start-up is some hundred bytes; some connections survive it and some do not.
  [
    'connections ended mid-message',
    (random) => async (proxy) => proxy.cutAfter(() => Math.floor(random() * 1_500)),
  ],
  [
    'terminated backends',
    () => () =>
      database.sql`
        select pg_terminate_backend(pid) from pg_stat_activity
         where application_name = 'loss' and random() < 0.7`,
  ],
]

test.each(faults)(
  '%s under load: all work settles, no transaction is torn, the pool recovers',
  async (name, fault) => {
    const random = seeded(name.length)
    const environment = { url: database.urlOf('content'), owner: database.sql, name, random }
    await expectNothingIsLost(environment, { inject: fault(random), times: 25, every: 80 })
  },
  90_000,
)

test('a database that is stopped and killed under load keeps its commits, and the pool recovers', async () => {
  const own = await startOwnDatabase()
  const owner = openPool({ url: own.ownerUrl, max: 1, name: 'owner' })
  try {
    await makeTable(owner)
    const signals = ['SIGINT', 'SIGQUIT'] as const
    let times = 0
    const stop = async () => {
      await untilReachable(owner)
      // A restarted server answers shortly before its supervisor returns its process id.
      await expect.poll(() => isRunning(own.server.pid), { timeout: 10_000 }).toBe(true)
      process.kill(own.server.pid, signals[times++ % signals.length])
    }
    await expectNothingIsLost(
      { url: own.urlOf('content'), owner, name: 'restart', random: seeded(1) },
      { inject: stop, times: 2, every: 1_500 },
    )
  } finally {
    await owner.end({ timeout: 1 })
    await own.stop()
  }
}, 120_000)

import { setTimeout as sleep } from 'node:timers/promises'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { startOwnDatabase } from '@dailyfeed/tests/own-database'
import { startTcpProxy, type TcpProxy } from '@dailyfeed/tests/tcp-proxy'
import postgres, { type Sql } from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isTransientFault } from './fault.ts'
import { openPool } from './pool.ts'

const POOL = 4
/** Milliseconds within which whatever was asked of the pool has an outcome, lost or not. */
const BOUND = 6_000
const WHOLE = '1,2,3,4'
const SERIES = 120
const FEWEST_COMMITTED = 20

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
  /** How much of each kind of work was done. */
  done: Record<string, number>
  failed: number
  /** Kinds of work without an outcome within the bound. */
  unsettled: string[]
  /** Errors that are no fault of a connection. */
  strange: unknown[]
}

class Refusal extends Error {}

/** Every way in which the services use the pool, and cursors, all at the same time; `outcomes` are told as they come. */
async function load(
  sql: Sql,
  outcomes: Outcomes,
  until: () => boolean,
  name: string,
  random: () => number,
): Promise<void> {
  async function attempt(kind: string, work: () => Promise<unknown>): Promise<boolean> {
    const given = await Promise.race([
      work().then(
        () => 'DONE' as const,
        (error: unknown) => ({ error }),
      ),
      sleep(BOUND, 'UNSETTLED' as const, { ref: false }),
    ])
    if (given === 'DONE') outcomes.done[kind] = (outcomes.done[kind] ?? 0) + 1
    else if (given === 'UNSETTLED') outcomes.unsettled.push(kind)
    else {
      outcomes.failed += 1
      if (!isTransientFault(given.error)) outcomes.strange.push(given.error)
      await sleep(5)
    }
    return given === 'DONE'
  }

  async function write(id: string): Promise<void> {
    await sql.begin(async (transaction) => {
      await transaction`insert into content.written values (${id}, 1)`
      await sleep(random() * 4)
      // Several at once wait in the transaction's own queue when the connection goes.
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
      // Nobody waits for a row meanwhile.
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
  happen(way: TcpProxy): Promise<unknown>
  /** At least: a storm lasts until something was done in it, also where the machine is slow. */
  times: number
  /** Milliseconds from one to the next. */
  every: number
}

interface Arena {
  /** The database's own address. */
  url: string
  owner: Sql
  name: string
  random: () => number
}

async function expectNothingIsLost(
  { url, owner, name, random }: Arena,
  { happen, times, every }: Fault,
): Promise<void> {
  const address = new URL(url)
  const way = await startTcpProxy({ port: Number(address.port) })
  address.port = String(way.port)
  const sql = openPool({ url: address.href, max: POOL, name: 'loss' })
  const uncaught: unknown[] = []
  const remember = (error: unknown) => void uncaught.push(error)
  process.on('uncaughtException', remember)
  process.on('unhandledRejection', remember)
  try {
    let isOver = false
    const outcomes: Outcomes = {
      committed: [],
      refused: [],
      done: {},
      failed: 0,
      unsettled: [],
      strange: [],
    }
    const work = load(sql, outcomes, () => isOver, name, random)
    const isStorm = () => outcomes.failed > times && outcomes.committed.length > FEWEST_COMMITTED
    for (let time = 0; time < times || (!isStorm() && time < 5 * times); time += 1) {
      await sleep(every * (0.75 + random() / 2))
      await happen(way)
    }
    await untilThere(owner)
    await sleep(every)
    way.cutAfter(() => Number.POSITIVE_INFINITY)
    isOver = true
    await work
    expect.soft(uncaught).toEqual([])
    expect.soft(outcomes.unsettled).toEqual([])
    expect.soft(outcomes.strange).toEqual([])
    // The storm was one, and the work went on in it.
    expect.soft(outcomes.failed).toBeGreaterThan(times)
    expect
      .soft(Object.keys(outcomes.done).sort())
      .toEqual(['cursor', 'read', 'refused', 'reserve', 'write'])
    expect.soft(outcomes.committed.length).toBeGreaterThan(FEWEST_COMMITTED)

    const rows = await owner<{ id: string; parts: string }[]>`
      select id, string_agg(part::text, ',' order by part) as parts from content.written where id like ${`${name}-%`} group by id`
    const written = new Map(rows.map(({ id, parts }) => [id, parts]))
    // What was acknowledged is there; nothing is there by half, twice, or outside of its transaction; what was refused is not.
    expect.soft(outcomes.committed.filter((id) => written.get(id) !== WHOLE)).toEqual([])
    expect.soft([...written].filter(([, parts]) => parts !== WHOLE)).toEqual([])
    expect.soft(outcomes.refused.filter((id) => written.has(id))).toEqual([])

    expect.soft(await widthOf(sql)).toBe(POOL)
    // Without a bound of its own.
    expect
      .soft(await Promise.race([sql.end().then(() => 'ENDED'), sleep(2_000, 'UNSETTLED')]))
      .toBe('ENDED')
    expect(uncaught).toEqual([])
  } finally {
    process.off('uncaughtException', remember)
    process.off('unhandledRejection', remember)
    await sql.end({ timeout: 0 })
    await way.stop()
  }
}

/** One that was killed replays its log first, which takes as long as the disk does. */
async function untilThere(owner: Sql): Promise<void> {
  const look = () =>
    owner`select 1`.then(
      () => 'there',
      () => 'away',
    )
  await expect.poll(look, { timeout: 15_000 }).toBe('there')
}

/** How many different connections can be reserved at the same time. */
async function widthOf(sql: Sql): Promise<number> {
  const pids = new Set<number>()
  const reserveAll = Array.from({ length: POOL }, async () => {
    const own = await sql.reserve()
    const [{ pid }] = await own<[{ pid: number }]>`select pg_backend_pid() as pid`
    pids.add(pid)
    return own
  })
  const given = await Promise.race([
    Promise.allSettled(reserveAll),
    sleep(BOUND, [], { ref: false }),
  ])
  for (const own of given) if (own.status === 'fulfilled') own.value.release()
  return pids.size
}

const faults: [string, (random: () => number) => (way: TcpProxy) => Promise<unknown>][] = [
  ['connections that are cut', () => async (way) => way.cut()],
  // A start-up is some hundred bytes; some get through it and some do not.
  [
    'connections that end in the middle of a message',
    (random) => async (way) => way.cutAfter(() => Math.floor(random() * 1_500)),
  ],
  [
    'backends that are ended',
    () => () =>
      database.sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'loss' and random() < 0.7`,
  ],
]

test.each(faults)(
  '%s under load throw nothing into nowhere, leave nothing unsettled, keep transactions whole and the pool as wide as before',
  async (name, fault) => {
    const random = seeded(name.length)
    const arena = { url: database.urlOf('content'), owner: database.sql, name, random }
    await expectNothingIsLost(arena, { happen: fault(random), times: 25, every: 80 })
  },
  40_000,
)

test('a database that is stopped, and one that is killed, under load keeps what it acknowledged, and the pool finds it again', async () => {
  const own = await startOwnDatabase()
  const owner = openPool({ url: own.ownerUrl, max: 1, name: 'owner' })
  try {
    await makeTable(owner)
    const signals = ['SIGINT', 'SIGQUIT'] as const
    let times = 0
    const stop = async () => {
      await untilThere(owner)
      process.kill(own.server.pid, signals[times++ % signals.length])
    }
    await expectNothingIsLost(
      { url: own.urlOf('content'), owner, name: 'restart', random: seeded(1) },
      { happen: stop, times: 2, every: 1_500 },
    )
  } finally {
    await owner.end({ timeout: 1 })
    await own.stop()
  }
}, 60_000)

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Member, newMember } from '../acceptance/client.ts'
import { type OwnDatabase, startOwnDatabase } from '../own-database.ts'
import { type Replica, startReplica } from '../replica.ts'
import { type SeparateServices, startSeparateServices } from '../separate-services.ts'
import { startFlood } from './flood.ts'
import { type IdleGroup, makeIdleGroup } from './idle-group.ts'
import { startTcpBalancer } from './tcp-balancer.ts'

/** The write group beside a read group that is flooded and released anew: own processes, and a replica. */
export interface IsolationWorld {
  services: SeparateServices
  /** Of the read group, and whoever reads; undefined where they do not yield. */
  idleGroup: IdleGroup | undefined
  stop(): Promise<void>
}

interface IsolationWorldOptions {
  /** Whether the read group yields to the write group, as an operator has it where both are on one machine (docs/decisions/0021). */
  readsYield: boolean
}

export async function startIsolationWorld({
  readsYield,
}: IsolationWorldOptions): Promise<IsolationWorld> {
  const database: OwnDatabase = await startOwnDatabase()
  const replica: Replica = await startReplica(database)
  const idleGroup = readsYield ? await makeIdleGroup() : undefined
  await idleGroup?.add(
    Number.parseInt(await readFile(join(database.folder, 'replica', 'postmaster.pid'), 'utf8'), 10),
  )
  const services = await startSeparateServices({
    database,
    services: ['member', 'content', 'activity'],
    env: (service): Record<string, string> =>
      service === 'timeline' || service === 'search'
        ? { DATABASE_READ_URL: replica.urlOf(service) }
        : {},
  })
  const launcher = idleGroup?.launcher
  await services.start('search', { launcher })
  for (const number of [0, 1]) await services.start('timeline', { number, launcher })
  const balancer = await startTcpBalancer(
    [0, 1].map((number) => Number(new URL(services.urlOf('timeline', number)).port)),
    launcher,
  )
  await services.start('gateway', { env: { TIMELINE_URL: balancer.url } })
  return {
    services,
    idleGroup,
    async stop() {
      await balancer.stop()
      await replica.stop()
      await services.stopAll()
      await idleGroup?.remove()
    },
  }
}

export interface IsolationReport {
  writes: number
  failedWrites: string[]
  reads: number
  failedReads: string[]
  restarts: number
  /** Milliseconds. */
  quietP99: number
  floodedP99: number
}

interface IsolationOptions {
  seconds: number
  restarts: number
  readers: number
  writesPerSecond: number
}

/** Members write at a steady pace, first alone, then while readers ask as fast as they can and timeline-svc is restarted, one replica after the other. */
export async function isolationRun(
  world: IsolationWorld,
  { seconds, restarts, readers, writesPerSecond }: IsolationOptions,
): Promise<IsolationReport> {
  const { services, idleGroup } = world
  const { url } = services
  const [author, reader] = [await newMember({}, url), await newMember({}, url)]
  await reader.ask('POST', `/api/members/follow/${author.id}`)
  for (let n = 0; n < 30; n += 1)
    await author.ask('POST', '/api/posts', { title: '', content: `산수유 ${n}` })
  const report: IsolationReport = {
    writes: 0,
    failedWrites: [],
    reads: 0,
    failedReads: [],
    restarts: 0,
    quietP99: 0,
    floodedP99: 0,
  }

  report.quietP99 = percentile99(await writeFor(author, seconds, writesPerSecond, report))
  const flood = startFlood({ url, bearer: reader.bearer, readers }, idleGroup?.launcher)
  const restarting = restart(world, seconds, restarts, report)
  report.floodedP99 = percentile99(await writeFor(author, seconds, writesPerSecond, report))
  await restarting
  return { ...report, ...(await flood.stop()) }
}

/** Answer times. A write begins at its time, whatever became of those before it. */
async function writeFor(
  author: Member,
  seconds: number,
  perSecond: number,
  report: IsolationReport,
): Promise<number[]> {
  const times: number[] = []
  const waiting: Promise<void>[] = []
  const startedAt = performance.now()
  for (let n = 0; n < seconds * perSecond; n += 1) {
    const rest = startedAt + (n * 1_000) / perSecond - performance.now()
    if (rest > 0) await sleep(rest)
    const begun = performance.now()
    waiting.push(
      author.ask('POST', '/api/posts', { title: '', content: `산수유 꽃 ${n}` }).then(
        ({ status }) => {
          report.writes += 1
          times.push(performance.now() - begun)
          if (status !== 201) report.failedWrites.push(`a post was ${status}`)
        },
        (error) => void report.failedWrites.push(String(error)),
      ),
    )
  }
  await Promise.all(waiting)
  return times
}

async function restart(
  { services, idleGroup }: IsolationWorld,
  seconds: number,
  times: number,
  report: IsolationReport,
): Promise<void> {
  const pause = (seconds * 1_000) / (times + 1)
  for (let n = 0; n < times; n += 1) {
    const begun = performance.now()
    await services.end('timeline', 'SIGTERM', n % 2)
    await services.start('timeline', { number: n % 2, launcher: idleGroup?.launcher })
    report.restarts += 1
    await sleep(Math.max(0, pause - (performance.now() - begun)))
  }
}

function percentile99(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN
}

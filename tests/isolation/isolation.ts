import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask } from '../http-client.ts'
import { type Member, newMember } from '../acceptance/client.ts'
import { type OwnDatabase, startOwnDatabase } from '../own-database.ts'
import { sendAtRate } from '../pacing.ts'
import { type Replica, startReplica } from '../replica.ts'
import { type SeparateServices, startSeparateServices } from '../separate-services.ts'
import { startFlood } from './flood.ts'
import { type IdleGroup, makeIdleGroup } from './idle-group.ts'
import { startTcpBalancer } from '../tcp-balancer.ts'

/** The write group and the read group in separate processes, over a primary and a replica. */
export interface IsolationEnvironment {
  services: SeparateServices
  /** The control group of the read group and of the readers; undefined where they do not yield. */
  idleGroup: IdleGroup | undefined
  stop(): Promise<void>
}

interface IsolationOptions {
  /**
   * Whether the read group yields the processors to the write group, as operators configure it
   * where both share a machine (docs/decisions/0021).
   */
  readsYield: boolean
}

export async function startIsolationEnvironment({
  readsYield,
}: IsolationOptions): Promise<IsolationEnvironment> {
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
    { launcher: launcher ?? [] },
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

interface MeasurementOptions {
  seconds: number
  restarts: number
  readers: number
  writesPerSecond: number
}

/**
 * A member writes at a steady pace, first alone, then while readers send requests as fast as they
 * are answered and the replicas of timeline-svc are restarted in turn.
 */
export async function measureIsolation(
  environment: IsolationEnvironment,
  { seconds, restarts, readers, writesPerSecond }: MeasurementOptions,
): Promise<IsolationReport> {
  const { services, idleGroup } = environment
  const { url } = services
  const [author, reader] = [await newMember({}, url), await newMember({}, url)]
  await ask(reader, { method: 'POST', url: `/api/members/follow/${author.id}` })
  for (let n = 0; n < 30; n += 1)
    await ask(author, { url: '/api/posts', body: { title: '', content: `산수유 ${n}` } })
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
  const restarting = restart(environment, seconds, restarts, report)
  report.floodedP99 = percentile99(await writeFor(author, seconds, writesPerSecond, report))
  await restarting
  return { ...report, ...(await flood.stop()) }
}

/**
 * Sends each write at its scheduled time, also while earlier ones are unanswered. Returns the
 * latencies in milliseconds.
 */
async function writeFor(
  author: Member,
  seconds: number,
  perSecond: number,
  report: IsolationReport,
): Promise<number[]> {
  const latencies: number[] = []
  const unanswered: Promise<void>[] = []
  await sendAtRate(perSecond, seconds * perSecond, (n) => {
    const sentAt = performance.now()
    unanswered.push(
      ask(author, { url: '/api/posts', body: { title: '', content: `산수유 꽃 ${n}` } }).then(
        ({ status }) => {
          report.writes += 1
          latencies.push(performance.now() - sentAt)
          if (status !== 201) report.failedWrites.push(`a post answered ${status}`)
        },
        (error) => void report.failedWrites.push(String(error)),
      ),
    )
  })
  await Promise.all(unanswered)
  return latencies
}

/** Restarts the replicas of timeline-svc in turn, evenly spread over the seconds. */
async function restart(
  { services, idleGroup }: IsolationEnvironment,
  seconds: number,
  times: number,
  report: IsolationReport,
): Promise<void> {
  const interval = (seconds * 1_000) / (times + 1)
  for (let n = 0; n < times; n += 1) {
    const startedAt = performance.now()
    await services.end('timeline', 'SIGTERM', n % 2)
    await services.start('timeline', { number: n % 2, launcher: idleGroup?.launcher })
    report.restarts += 1
    await sleep(Math.max(0, interval - (performance.now() - startedAt)))
  }
}

function percentile99(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN
}

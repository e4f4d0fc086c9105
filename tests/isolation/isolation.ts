import { setTimeout as sleep } from 'node:timers/promises'
import { ask, type Member, newMember } from '../acceptance/client.ts'
import { type OwnDatabase, startOwnDatabase } from '../own-database.ts'
import { type Replica, startReplica } from '../replica.ts'
import { type SeparateServices, startSeparateServices } from '../separate-services.ts'
import { startTcpBalancer, type TcpBalancer } from '../tcp-balancer.ts'

/** The write group beside a read group that is flooded and released anew: own processes, and a replica. */
export interface IsolationWorld {
  services: SeparateServices
  stop(): Promise<void>
}

export async function startIsolationWorld(): Promise<IsolationWorld> {
  const database: OwnDatabase = await startOwnDatabase()
  const replica: Replica = await startReplica(database)
  let balancer: TcpBalancer | undefined
  const services = await startSeparateServices({
    database,
    services: ['member', 'content', 'search', 'activity'],
    env: (service): Record<string, string> => (service === 'timeline' || service === 'search' ? { DATABASE_READ_URL: replica.urlOf(service) } : {}),
  })
  await services.start('timeline')
  await services.start('timeline', { number: 1 })
  balancer = await startTcpBalancer([0, 1].map((number) => Number(new URL(services.urlOf('timeline', number)).port)))
  await services.start('gateway', { env: { TIMELINE_URL: balancer.url } })
  return {
    services,
    async stop() {
      await balancer?.stop()
      await replica.stop()
      await services.stopAll()
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
export async function isolationRun({ services }: IsolationWorld, { seconds, restarts, readers, writesPerSecond }: IsolationOptions): Promise<IsolationReport> {
  const { url } = services
  const [author, reader] = [await newMember({}, url), await newMember({}, url)]
  await reader.ask('POST', `/api/members/follow/${author.id}`)
  for (let n = 0; n < 30; n += 1) await author.ask('POST', '/api/posts', { title: '', content: `산수유 ${n}` })
  const report: IsolationReport = { writes: 0, failedWrites: [], reads: 0, failedReads: [], restarts: 0, quietP99: 0, floodedP99: 0 }

  report.quietP99 = percentile99(await writeFor(author, Math.min(15, seconds), writesPerSecond, report))
  let isOver = false
  const reading = Array.from({ length: readers }, (_, number) => readUntil(() => isOver, reader, number, report, url))
  const restarting = restart(services, seconds, restarts, report)
  report.floodedP99 = percentile99(await writeFor(author, seconds, writesPerSecond, report))
  await restarting
  isOver = true
  await Promise.all(reading)
  return report
}

/** Answer times. A write begins at its time, whatever became of those before it. */
async function writeFor(author: Member, seconds: number, perSecond: number, report: IsolationReport): Promise<number[]> {
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

const PATHS = [
  '/api/timeline/posts/followings',
  '/api/timeline/posts/most-popular',
  '/api/timeline/posts',
  '/api/search/posts?keyword=%EC%82%B0%EC%88%98%EC%9C%A0',
]

async function readUntil(isOver: () => boolean, reader: Member, number: number, report: IsolationReport, url: string): Promise<void> {
  for (let n = number; !isOver(); n += 1) {
    const path = PATHS[n % PATHS.length] ?? ''
    try {
      const { status } = await ask('GET', path, undefined, { authorization: reader.bearer }, url)
      report.reads += 1
      if (status !== 200) report.failedReads.push(`${path} was ${status}`)
    } catch (error) {
      report.failedReads.push(`${path}: ${error}`)
    }
  }
}

async function restart(services: SeparateServices, seconds: number, times: number, report: IsolationReport): Promise<void> {
  const pause = (seconds * 1_000) / (times + 1)
  for (let n = 0; n < times; n += 1) {
    const begun = performance.now()
    await services.end('timeline', 'SIGTERM', n % 2)
    await services.start('timeline', { number: n % 2 })
    report.restarts += 1
    await sleep(Math.max(0, pause - (performance.now() - begun)))
  }
}

function percentile99(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN
}

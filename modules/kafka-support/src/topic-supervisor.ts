import { WakeableSleep } from '@dailyfeed/concurrency/wakeable-sleep'
import type { FastifyBaseLogger } from 'fastify'
import { groupOf } from './consumer-group.ts'
import { addDays, findTopicDay, type TopicDay } from './dated-topic.ts'
import type { InstallationGuard } from './installation-guard.ts'
import type { KafkaConnection } from './kafka-settings.ts'
import { LagMonitor } from './lag-monitor.ts'
import { ReaderSet } from './reader-set.ts'
import { waitAtMost } from './wait-at-most.ts'
import type { TopicAdmin } from './topic-admin.ts'
import { type HandleBatch, readTopic, type TopicReader } from './topic-reader.ts'

interface TopicSupervisorOptions {
  connection: KafkaConnection
  admin: TopicAdmin
  /** The reading service; its groups are named after it. */
  service: string
  /** The prefix of the dated topics' names. */
  prefix: string
  /** Today in the time zone of the topics. */
  today: () => TopicDay
  handle: HandleBatch
  /** Detects readers of other installations in the same groups. */
  guard?: InstallationGuard
  log: Pick<FastifyBaseLogger, 'info' | 'warn' | 'error'>
  roundMilliseconds?: number
  stallMilliseconds?: number
}

export interface TopicSupervisor {
  /** Unread records by topic, as measured last. */
  lags(): ReadonlyMap<string, number>
  /** The topics that are read now. */
  topics(): string[]
  /** The number of readers that were replaced. */
  restarts(): number
  stop(): Promise<void>
}

const ROUND_MILLISECONDS = 3_000
/** While there is no topic to read: topics are created during the same start. */
const FIRST_ROUND_MILLISECONDS = 250
/** Lags are measured, and other installations looked for, in every fourth round. */
const LAG_ROUNDS = 4
/** Longer than a change of leader and a rebalance take. */
const STALL_MILLISECONDS = 30_000
const STOP_MILLISECONDS = 3_000

/**
 * Keeps one reader for each dated topic from yesterday on (tomorrow's before midnight), and for each
 * older one with unread records. Replaces readers that ended, lost their heartbeat or make no
 * progress, and closes those whose topic is gone.
 */
export function superviseTopics(options: TopicSupervisorOptions): TopicSupervisor {
  const supervision = new TopicSupervision(options)
  const running = supervision.run()
  return {
    lags: () => supervision.lags.lags,
    topics: () => supervision.readers.topics,
    restarts: () => supervision.readers.restarts,
    async stop() {
      supervision.stop()
      // A round may wait for unreachable brokers; it closes whatever it still opens.
      await waitAtMost(running, STOP_MILLISECONDS)
      await supervision.readers.close()
    },
  }
}

class TopicSupervision {
  readonly lags: LagMonitor
  readonly readers: ReaderSet
  readonly #options: TopicSupervisorOptions
  readonly #sleeps = new WakeableSleep()
  #isStopped = false
  #isUnreachable = false

  constructor(options: TopicSupervisorOptions) {
    const { admin, service, log, stallMilliseconds = STALL_MILLISECONDS } = options
    this.#options = options
    this.lags = new LagMonitor({ admin, service, log, stallMilliseconds })
    this.readers = new ReaderSet({
      open: (topic) => this.#openReader(topic),
      problemOf: (reader) => this.#problemOf(reader),
      log,
      service,
    })
  }

  stop(): void {
    this.#isStopped = true
    this.readers.stopOpening()
    this.#sleeps.stop()
  }

  async run(): Promise<void> {
    const { roundMilliseconds = ROUND_MILLISECONDS } = this.#options
    for (let round = 0; !this.#isStopped; round += 1) {
      await this.#tryRound(round)
      const hasReaders = this.readers.topics.length > 0
      await this.#sleeps.untilStopped(hasReaders ? roundMilliseconds : FIRST_ROUND_MILLISECONDS)
    }
  }

  async #tryRound(round: number): Promise<void> {
    const { service, log } = this.#options
    try {
      const wanted = await this.#findWanted(round)
      if (round % LAG_ROUNDS === 0) await this.#checkInstallations(wanted)
      await this.readers.reconcile(new Set(wanted))
      if (this.#isUnreachable) log.info({ service }, 'Kafka reachable again')
      this.#isUnreachable = false
    } catch (error) {
      if (!this.#isUnreachable)
        log.warn({ service, err: error }, 'Kafka unreachable; readers resume automatically')
      this.#isUnreachable = true
    }
  }

  async #findWanted(round: number): Promise<string[]> {
    const { admin, prefix, today } = this.#options
    const dated = (await admin.listTopics())
      .map((topic) => ({ topic, day: findTopicDay(prefix, topic) ?? '' }))
      .filter(({ day }) => day !== '')
    const yesterday = addDays(today(), -1)
    if (round % LAG_ROUNDS === 0) await this.lags.measure(dated.map(({ topic }) => topic))
    const { lags } = this.lags
    return dated
      .filter(({ topic, day }) => day >= yesterday || lags.get(topic) !== 0)
      .map(({ topic }) => topic)
  }

  /** Also before the first reader joins. A database that is away is reported by the readers. */
  async #checkInstallations(topics: readonly string[]): Promise<void> {
    const { admin, service, guard } = this.#options
    if (guard === undefined) return
    const groups = topics.map((topic) => groupOf(service, topic))
    for (const [group, installations] of await admin.installationsOf(groups))
      await guard.checkMembers(group, installations).catch(() => {})
  }

  async #openReader(topic: string): Promise<TopicReader> {
    const { connection, service, handle, guard, log } = this.#options
    const group = groupOf(service, topic)
    const installation = await guard?.findOwn().catch(() => undefined)
    return readTopic({ connection, clientId: service, topic, group, handle, log, installation })
  }

  #problemOf(reader: TopicReader): string | undefined {
    const fault = reader.fault()
    if (fault !== undefined) return fault
    const partition = this.lags.findStalledPartition(reader)
    return partition === undefined
      ? undefined
      : `partition ${partition} has unread records and makes no progress`
  }
}

import type { FastifyBaseLogger } from 'fastify'
import { addDays, findTopicDay, type TopicDay } from './dated-topic.ts'
import type { KafkaConnection } from './kafka-settings.ts'
import { lagOf, type Offsets, type TopicAdmin, type TopicRange } from './topic-admin.ts'
import { type HandleBatch, readTopic, type TopicReader } from './topic-reader.ts'

interface TopicSupervisorOptions {
  connection: KafkaConnection
  admin: TopicAdmin
  /** Also the first part of the names of its groups. */
  service: string
  /** What the names of dated topics begin with. */
  prefix: string
  /** Today in the zone of the topics. */
  today: () => TopicDay
  handle: HandleBatch
  log: Pick<FastifyBaseLogger, 'info' | 'warn' | 'error'>
  roundMilliseconds?: number
  stallMilliseconds?: number
}

export interface TopicSupervisor {
  /** Records to read, by topic, when it was last asked for. */
  lags(): ReadonlyMap<string, number>
  /** Topics that are being read now. */
  topics(): string[]
  /** How often a reader had to be replaced. */
  restarts(): number
  stop(): Promise<void>
}

/** A group of its own for each day: deleting a day's topic cannot disturb another day. */
export const groupOf = (service: string, topic: string): string => `${service}.${topic}`

const ROUND_MILLISECONDS = 3_000
/** While there is not one topic to read: they are made at the same start. */
const FIRST_ROUND_MILLISECONDS = 250
/** Every so many rounds the lags are asked for. */
const LAG_ROUNDS = 4
/**
 * A partition with something to read whose commits stand still for so long has lost its reader, whatever others do. Longer
 * than a leader takes to change and a group to meet again.
 */
const STALL_MILLISECONDS = 30_000

/**
 * Keeps one reader for each dated topic from yesterday on, tomorrow's before midnight, and for any older one that has
 * something to read. A reader that ended, lost its heartbeat or makes no progress is replaced; one whose topic is gone is
 * closed.
 */
export function superviseTopics(options: TopicSupervisorOptions): TopicSupervisor {
  const {
    connection,
    admin,
    service,
    prefix,
    today,
    handle,
    log,
    roundMilliseconds = ROUND_MILLISECONDS,
    stallMilliseconds = STALL_MILLISECONDS,
  } = options
  const readers = new Map<string, TopicReader>()
  const lags = new Map<string, number>()
  /** By topic and partition, where there is something to read: how far the commits reach, and since when they have not moved. */
  const waiting = new Map<string, Map<number, { offset: bigint; since: number }>>()
  const stopping = Promise.withResolvers<void>()
  let isStopping = false
  let restarts = 0
  let isAway = false

  async function findWanted(round: number): Promise<string[]> {
    const topics = (await admin.listTopics()).filter(
      (topic) => findTopicDay(prefix, topic) !== undefined,
    )
    const yesterday = addDays(today(), -1)
    if (round % LAG_ROUNDS === 0) await measureLags(topics)
    return topics.filter(
      (topic) =>
        (findTopicDay(prefix, topic) ?? '') >= yesterday ||
        (lags.get(topic) ?? 0) > 0 ||
        !lags.has(topic),
    )
  }

  async function measureLags(topics: readonly string[]): Promise<void> {
    const ranges = await admin.rangesOf(topics)
    for (const topic of lags.keys()) if (!ranges.has(topic)) lags.delete(topic)
    for (const topic of waiting.keys()) if (!ranges.has(topic)) waiting.delete(topic)
    for (const [topic, range] of ranges) {
      const committed = await admin.committedOffsetsOf(groupOf(service, topic), topic)
      for (const [partition, offset] of committed) {
        if (offset < (range.begin.get(partition) ?? 0n))
          log.error(
            { topic, service, partition, from: String(offset) },
            'ALARM: records were deleted before this group read them',
          )
      }
      lags.set(topic, lagOf(range, committed))
      noteWaiting(topic, range, committed)
    }
  }

  function noteWaiting(topic: string, { begin, end }: TopicRange, committed: Offsets): void {
    const before = waiting.get(topic)
    const now = new Map<number, { offset: bigint; since: number }>()
    for (const [partition, last] of end) {
      const offset = committed.get(partition) ?? begin.get(partition) ?? 0n
      if (offset >= last) continue
      const known = before?.get(partition)
      now.set(partition, {
        offset,
        since: known?.offset === offset ? known.since : performance.now(),
      })
    }
    waiting.set(topic, now)
  }

  /** A partition of this very reader that does not move, though nothing is being repeated. */
  function findStalled(reader: TopicReader): number | undefined {
    if (reader.isRepeating()) return undefined
    const mine = reader.partitions()
    for (const [partition, { since }] of waiting.get(reader.topic) ?? [])
      if (
        mine.includes(partition) &&
        performance.now() - Math.max(since, reader.startedAt) > stallMilliseconds
      )
        return partition
    return undefined
  }

  /** Why a reader has to go, if it has to. */
  function troubleOf(reader: TopicReader): string | undefined {
    const fault = reader.fault()
    if (fault !== undefined) return fault
    const stalled = findStalled(reader)
    return stalled === undefined
      ? undefined
      : `partition ${stalled} has something to read and does not move`
  }

  async function supervise(round: number): Promise<void> {
    const wanted = new Set(await findWanted(round))
    for (const [topic, reader] of readers) {
      const trouble = wanted.has(topic) ? troubleOf(reader) : undefined
      if (wanted.has(topic) && trouble === undefined) continue
      readers.delete(topic)
      if (trouble !== undefined) {
        restarts += 1
        log.warn({ topic, service, trouble }, 'a reader is replaced')
      }
      await reader.close()
    }
    await Promise.all(
      [...wanted]
        .filter((topic) => !readers.has(topic) && !isStopping)
        .map(async (topic) => {
          const reader = await readTopic({
            connection,
            clientId: service,
            topic,
            group: groupOf(service, topic),
            handle,
            log,
          })
          if (isStopping) await reader.close()
          else readers.set(topic, reader)
        }),
    )
  }

  async function run(): Promise<void> {
    for (let round = 0; !isStopping; round += 1) {
      try {
        await supervise(round)
        if (isAway) log.info({ service }, 'Kafka is there again')
        isAway = false
      } catch (error) {
        if (!isAway)
          log.warn(
            { service, err: error },
            'Kafka cannot be asked; readers go on by themselves when it is back',
          )
        isAway = true
      }
      let timer: NodeJS.Timeout | undefined
      await Promise.race([
        stopping.promise,
        new Promise((resolve) => {
          timer = setTimeout(
            resolve,
            readers.size === 0 ? FIRST_ROUND_MILLISECONDS : roundMilliseconds,
          )
        }),
      ])
      clearTimeout(timer)
    }
  }

  const running = run()
  return {
    lags: () => lags,
    topics: () => [...readers.keys()].sort(),
    restarts: () => restarts,
    async stop() {
      isStopping = true
      stopping.resolve()
      // A round that waits for brokers that are away is not waited for: what it opens, it closes.
      await Promise.race([running, new Promise((resolve) => setTimeout(resolve, 3_000).unref())])
      await Promise.all([...readers.values()].map((reader) => reader.close()))
    },
  }
}

import { Consumer, type Message, type MessagesStream } from '@platformatic/kafka'
import type { FastifyBaseLogger } from 'fastify'
import { clientOptionsOf, ignoreErrorEvents } from './client-options.ts'
import { withDeadline } from '@dailyfeed/concurrency/deadline'
import type { KafkaConnection } from './kafka-settings.ts'
import { createOffsetCommitter } from './offset-committer.ts'
import { createPartitionQueues } from './partition-queues.ts'
import type { TopicRecord } from './topic-record.ts'

/** Takes effect of a batch for good, or throws: then the same batch comes again a little later, and nothing is committed. */
export type HandleBatch = (records: readonly TopicRecord[]) => Promise<void>

interface TopicReaderOptions {
  connection: KafkaConnection
  clientId: string
  topic: string
  group: string
  handle: HandleBatch
  log: Pick<FastifyBaseLogger, 'info' | 'warn' | 'error'>
}

/** A member of the group of one topic: reads from the last commit, or from the first record. */
export interface TopicReader {
  readonly topic: string
  /** Why it reads no more and has to be replaced; undefined while it is well. */
  fault(): string | undefined
  /** `performance.now()`. */
  readonly startedAt: number
  /** Those that the group has given it at this moment. */
  partitions(): readonly number[]
  /** Whether a batch fails and is being repeated: it will go on by itself. */
  isRepeating(): boolean
  /** Finishes the batches in hand, commits, leaves the group. What does not settle in time it gives up. */
  close(): Promise<void>
}

/** events.md: batches of 500. */
const BATCH = 500
/** Two batches of different partitions: while one waits for PostgreSQL, the other is decoded. */
const BATCHES_IN_FLIGHT = 2
/** events.md: "500 or T ms". */
const GATHER_MILLISECONDS = 5
/** Records in memory at most, a fetch more or less: reading pauses above, and goes on below the half. */
const QUEUED = 4 * BATCH
const FETCH_BYTES = 1_048_576
const SESSION_MILLISECONDS = 10_000
const FIRST_REPEAT_MILLISECONDS = 100
const LAST_REPEAT_MILLISECONDS = 5_000
/** A batch takes tens of milliseconds; one that waits for a lock, some seconds. */
const FINISH_MILLISECONDS = 10_000
const FLUSH_MILLISECONDS = 3_000
const CLOSE_MILLISECONDS = 2_000
const JOIN_DEADLINE_MILLISECONDS = 30_000

type Received = TopicRecord & { leaderEpoch: number }

/** Throws when the group cannot be joined in time. */
export async function readTopic({
  connection,
  clientId,
  topic,
  group,
  handle,
  log,
}: TopicReaderOptions): Promise<TopicReader> {
  const consumer = new Consumer<Buffer, Buffer, Buffer, Buffer>({
    ...clientOptionsOf(connection, clientId),
    groupId: group,
    // Classic: a member of the new protocol that was paused becomes a zombie that reads on without its group.
    groupProtocol: 'classic',
    sessionTimeout: SESSION_MILLISECONDS,
    rebalanceTimeout: SESSION_MILLISECONDS,
    heartbeatInterval: 2_000,
    // The library's own end a stream for good after 12 s without brokers.
    retries: true,
    retryDelay: 1_000,
    // A fetch waits at the brokers: it must not be taken for a request without an answer.
    requestTimeout: 10_000,
  })
  let fault: string | undefined
  ignoreErrorEvents(consumer)
  consumer.on('consumer:heartbeat:stalled', () => {
    fault ??= 'its heartbeat stalled'
  })

  let stream: MessagesStream<Buffer, Buffer, Buffer, Buffer>
  try {
    stream = await withDeadline(
      consumer.consume({
        topics: [topic],
        mode: 'committed',
        fallbackMode: 'earliest',
        autocommit: false,
        minBytes: 1,
        maxBytes: FETCH_BYTES,
        maxWaitTime: 1_000,
        highWaterMark: BATCH,
      }),
      JOIN_DEADLINE_MILLISECONDS,
      () => new Error(`the group was not joined within ${JOIN_DEADLINE_MILLISECONDS / 1_000} s`),
    )
  } catch (error) {
    await closeSoon(consumer)
    throw error
  }

  const partitions = () =>
    consumer.assignments?.find((one) => one.topic === topic)?.partitions ?? []
  const queues = createPartitionQueues(BATCH)
  const committer = createOffsetCommitter({
    commit: (offsets) =>
      consumer.commit({ offsets: offsets.map((offset) => ({ topic, ...offset })) }),
    isAssigned: (partition) => partitions().includes(partition),
    onFailure: (error) =>
      log.warn(
        { topic, group, err: error },
        'offsets not committed; the next commit takes them along',
      ),
  })
  const closing = new AbortController()
  const inHand = new Set<Promise<void>>()
  let repeating = 0
  const startedAt = performance.now()

  async function handleUntilDone(batch: Received[]): Promise<void> {
    for (let failures = 0; !closing.signal.aborted; failures += 1) {
      try {
        await handle(batch)
        if (failures > 0) repeating -= 1
        committer.handled(batch)
        queues.release(batch)
        return
      } catch (error) {
        if (failures === 0) {
          repeating += 1
          log.warn(
            { topic, group, err: error },
            'a batch did not take effect; it is repeated, and reading waits',
          )
        }
        stream.pause()
        await pauseFor(repeatDelayOf(failures), closing.signal)
      }
    }
  }

  function dispatch(): void {
    while (inHand.size < BATCHES_IN_FLIGHT && !closing.signal.aborted) {
      const batch = queues.take() as Received[] | undefined
      if (batch === undefined) break
      const work: Promise<void> = handleUntilDone(batch).then(() => {
        inHand.delete(work)
        dispatch()
      })
      inHand.add(work)
    }
    if (queues.size < QUEUED / 2 && repeating === 0 && stream.isPaused()) stream.resume()
  }

  const lastOffsets = new Map<number, bigint>()
  // A partition that comes back goes on where another member left it.
  consumer.on('consumer:group:join', () => lastOffsets.clear())
  function watchForGap({ partition, offset }: TopicRecord): void {
    const last = lastOffsets.get(partition)
    lastOffsets.set(partition, offset)
    if (last !== undefined && offset > last + 1n)
      log.error(
        { topic, group, partition, from: String(last + 1n), to: String(offset - 1n) },
        'ALARM: records are gone that this group has not read',
      )
  }

  let gathering: NodeJS.Timeout | undefined
  function dispatchGathered(): void {
    clearTimeout(gathering)
    gathering = undefined
    dispatch()
  }
  stream.on('data', (message) => {
    const record = receivedOf(message)
    watchForGap(record)
    queues.push(record)
    if (queues.size >= QUEUED) stream.pause()
    // A full batch goes at once; a few records wait for others to go with them.
    if (queues.size === BATCH) setImmediate(dispatchGathered)
    gathering ??= setTimeout(dispatchGathered, GATHER_MILLISECONDS)
  })
  stream.on('error', (error) => {
    fault ??= error.message
  })
  stream.on('close', () => {
    if (!closing.signal.aborted) fault ??= 'its stream ended'
  })

  return {
    topic,
    fault: () => fault,
    startedAt,
    partitions,
    isRepeating: () => repeating > 0,
    async close() {
      closing.abort()
      clearTimeout(gathering)
      stream.pause()
      // One that hangs is not waited for: what it has not committed comes again to the next reader.
      await Promise.race([Promise.all(inHand), pauseFor(FINISH_MILLISECONDS)])
      // A commit to brokers that are away, or of a topic that is gone, is tried without end; what is not committed comes again.
      await Promise.race([committer.flush(), pauseFor(FLUSH_MILLISECONDS)])
      // In this order: `close(true)` of the consumer would cut what its streams still do.
      await Promise.race([stream.close().catch(() => {}), pauseFor(CLOSE_MILLISECONDS)])
      await closeSoon(consumer)
    },
  }
}

/** Leaving a group is tried without end where its brokers do not answer; whoever is left in it goes by its session. */
const closeSoon = (consumer: { close(force: boolean): Promise<void> }) =>
  Promise.race([consumer.close(true).catch(() => {}), pauseFor(CLOSE_MILLISECONDS)])

const receivedOf = (message: Message<Buffer, Buffer, Buffer, Buffer>): Received => ({
  topic: message.topic,
  partition: message.partition,
  offset: message.offset,
  timestamp: Number(message.timestamp),
  key: message.key ?? null,
  value: message.value ?? null,
  headers: [...message.headers].map(([key, value]) => [String(key), String(value)]),
  leaderEpoch: message.leaderEpoch,
})

/** Twice as long each time, with jitter so that instances do not fall into step. */
const repeatDelayOf = (failures: number): number =>
  Math.min(LAST_REPEAT_MILLISECONDS, FIRST_REPEAT_MILLISECONDS * 2 ** failures) *
  (0.5 + Math.random() / 2)

function pauseFor(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const timer = setTimeout(done, milliseconds)
    signal?.addEventListener('abort', done, { once: true })
    function done() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
  })
}

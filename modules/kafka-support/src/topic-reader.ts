import type { Message } from '@platformatic/kafka'
import type { FastifyBaseLogger } from 'fastify'
import { BATCH, BatchLoop } from './batch-loop.ts'
import { GapAlarm } from './gap-alarm.ts'
import { GroupMember } from './group-member.ts'
import type { KafkaConnection } from './kafka-settings.ts'
import { OffsetCommitter } from './offset-committer.ts'
import { waitAtMost } from './wait-at-most.ts'
import type { ReceivedRecord, TopicRecord } from './topic-record.ts'

/** Applies a batch durably, or throws; then the same batch is retried, and nothing is committed. */
export type HandleBatch = (records: readonly TopicRecord[]) => Promise<void>

interface TopicReaderOptions {
  connection: KafkaConnection
  clientId: string
  topic: string
  group: string
  handle: HandleBatch
  log: Pick<FastifyBaseLogger, 'info' | 'warn' | 'error'>
  /** The id of the installation, if it is known. */
  installation?: string | undefined
}

/** Reads a topic as a member of a group, from the last commit, or from the first record. */
export interface TopicReader {
  readonly topic: string
  /** Why it no longer reads and has to be replaced, if so. */
  fault(): string | undefined
  /** When it joined, by `performance.now()`. */
  readonly startedAt: number
  /** The partitions that the group has assigned to it now. */
  partitions(): readonly number[]
  /** Whether a batch failed and is being retried: the reader continues by itself. */
  isRetrying(): boolean
  /** Finishes the batches in flight, commits, leaves the group; abandons what hangs. */
  close(): Promise<void>
}

type RecordMessage = Message<Buffer, Buffer, Buffer, Buffer>

const NO_HEADERS: TopicRecord['headers'] = []
/** Without brokers, or after the topic was deleted, a commit would be retried for ever. */
const FLUSH_MILLISECONDS = 3_000

/** Throws when the group cannot be joined in time. */
export async function readTopic({
  connection,
  clientId,
  topic,
  group,
  handle,
  log,
  installation,
}: TopicReaderOptions): Promise<TopicReader> {
  const member = await GroupMember.join({
    connection,
    clientId,
    topic,
    group,
    highWaterMark: BATCH,
    installation,
  })
  const committer = new OffsetCommitter({
    commit: (offsets) => member.commit(offsets),
    isAssigned: (partition) => member.partitions().includes(partition),
    onFailure: (error) =>
      log.warn({ topic, group, err: error }, 'commit failed; the next commit includes its offsets'),
  })
  const batches = new BatchLoop({
    source: member.stream,
    handle,
    onHandled: (batch) => committer.handled(batch),
    log,
    fields: { topic, group },
  })
  const gaps = new GapAlarm({ topic, group, log })
  member.onRebalance(() => gaps.reset())
  const toReceivedRecord = createRecordMapper()
  member.stream.on('data', (message) => {
    const record = toReceivedRecord(message)
    gaps.check(record)
    batches.add(record)
  })

  return {
    topic,
    fault: () => member.fault(),
    startedAt: performance.now(),
    partitions: () => member.partitions(),
    isRetrying: () => batches.isRetrying,
    async close() {
      // Records without a commit are delivered to the group's next reader.
      await batches.stop()
      await waitAtMost(committer.flush(), FLUSH_MILLISECONDS)
      await member.close()
    },
  }
}

/** All records of an installation have the same header: it is decoded once. */
function createRecordMapper(): (message: RecordMessage) => ReceivedRecord {
  let last: { name: Buffer; value: Buffer; headers: TopicRecord['headers'] } | undefined

  function headersOf(headers: ReadonlyMap<Buffer, Buffer>): TopicRecord['headers'] {
    if (headers.size === 0) return NO_HEADERS
    if (headers.size > 1) return [...headers].map(([name, value]) => [String(name), String(value)])
    const [name, value] = headers.entries().next().value as [Buffer, Buffer]
    if (last === undefined || !name.equals(last.name) || !value.equals(last.value))
      last = { name, value, headers: [[String(name), String(value)]] }
    return last.headers
  }

  return (message) => ({
    topic: message.topic,
    partition: message.partition,
    offset: message.offset,
    timestamp: Number(message.timestamp),
    key: message.key ?? null,
    value: message.value ?? null,
    headers: headersOf(message.headers),
    leaderEpoch: message.leaderEpoch,
  })
}

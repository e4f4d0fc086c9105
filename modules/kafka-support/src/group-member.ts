import { withDeadline } from '@dailyfeed/concurrency/deadline'
import { Consumer, type MessagesStream } from '@platformatic/kafka'
import { clientOptionsOf, ignoreErrorEvents } from './client-options.ts'
import type { KafkaConnection } from './kafka-settings.ts'
import type { CommittedOffset } from './offset-committer.ts'
import { waitAtMost } from './wait-at-most.ts'

interface GroupMemberOptions {
  connection: KafkaConnection
  clientId: string
  topic: string
  group: string
  /** Records that the stream buffers. */
  highWaterMark: number
  /** The id of the installation, for other members of the group to see. */
  installation?: string | undefined
}

type RecordConsumer = Consumer<Buffer, Buffer, Buffer, Buffer>
export type RecordStream = MessagesStream<Buffer, Buffer, Buffer, Buffer>

const FETCH_BYTES = 1_048_576
const FETCH_WAIT_MILLISECONDS = 1_000
const SESSION_MILLISECONDS = 10_000
const JOIN_DEADLINE_MILLISECONDS = 30_000
const CLOSE_MILLISECONDS = 2_000

/** One member of the consumer group of one topic, with the stream of its partitions' records. */
export class GroupMember {
  readonly stream: RecordStream
  readonly #consumer: RecordConsumer
  readonly #topic: string
  #fault: string | undefined

  private constructor(consumer: RecordConsumer, stream: RecordStream, topic: string) {
    this.#consumer = consumer
    this.stream = stream
    this.#topic = topic
    consumer.on('consumer:heartbeat:stalled', () => this.#setFault('its heartbeat stalled'))
    stream.on('error', (error) => this.#setFault(error.message))
    stream.on('close', () => this.#setFault('its stream ended'))
  }

  /** Joins the group and starts to fetch. Throws when the group cannot be joined within 30 s. */
  static async join(options: GroupMemberOptions): Promise<GroupMember> {
    const consumer = createConsumer(options)
    try {
      const stream = await withDeadline(
        consumer.consume({
          topics: [options.topic],
          mode: 'committed',
          fallbackMode: 'earliest',
          autocommit: false,
          minBytes: 1,
          maxBytes: FETCH_BYTES,
          maxWaitTime: FETCH_WAIT_MILLISECONDS,
          highWaterMark: options.highWaterMark,
        }),
        JOIN_DEADLINE_MILLISECONDS,
        () => new Error(`the group was not joined within ${JOIN_DEADLINE_MILLISECONDS / 1_000} s`),
      )
      return new GroupMember(consumer, stream, options.topic)
    } catch (error) {
      await closeConsumer(consumer)
      throw error
    }
  }

  /** Why this member no longer reads, if so. */
  fault(): string | undefined {
    return this.#fault
  }

  /** The partitions that are assigned to this member now. */
  partitions(): readonly number[] {
    return this.#consumer.assignments?.find(({ topic }) => topic === this.#topic)?.partitions ?? []
  }

  /** Calls the listener after each rebalance. */
  onRebalance(listener: () => void): void {
    this.#consumer.on('consumer:group:join', listener)
  }

  async commit(offsets: readonly CommittedOffset[]): Promise<void> {
    const topic = this.#topic
    await this.#consumer.commit({ offsets: offsets.map((offset) => ({ topic, ...offset })) })
  }

  /** Closes the stream first: the consumer's forced close would interrupt what its streams do. */
  async close(): Promise<void> {
    await waitAtMost(this.stream.close(), CLOSE_MILLISECONDS)
    await closeConsumer(this.#consumer)
  }

  #setFault(reason: string): void {
    this.#fault ??= reason
  }
}

function createConsumer({
  connection,
  clientId,
  group,
  installation = '',
}: GroupMemberOptions): RecordConsumer {
  const consumer: RecordConsumer = new Consumer<Buffer, Buffer, Buffer, Buffer>({
    ...clientOptionsOf(connection, clientId),
    groupId: group,
    // Under the newer protocol a process that was paused continues to read without its group.
    groupProtocol: 'classic',
    // The library's own protocol; the metadata has no meaning for the assignment of partitions.
    protocols: [{ name: 'roundrobin', version: 1, metadata: installation }],
    sessionTimeout: SESSION_MILLISECONDS,
    rebalanceTimeout: SESSION_MILLISECONDS,
    heartbeatInterval: 2_000,
    // With the library's own retries a stream ends for good after 12 s without brokers.
    retries: true,
    retryDelay: 1_000,
    // The brokers hold a fetch until there are records: that is not a missing answer.
    requestTimeout: 10_000,
  })
  ignoreErrorEvents(consumer)
  return consumer
}

/** Leaving is retried for ever without brokers; otherwise the group's session timeout removes it. */
const closeConsumer = (consumer: RecordConsumer): Promise<void> =>
  waitAtMost(consumer.close(true), CLOSE_MILLISECONDS)

import { Admin, GenericError, ListOffsetTimestamps, MultipleErrors } from '@platformatic/kafka'
import { brokerFaultOf } from './broker-fault.ts'
import { clientOptionsOf, ignoreErrorEvents } from './client-options.ts'
import type { KafkaConnection } from './kafka-settings.ts'

export interface NewTopic {
  topic: string
  partitions: number
  /** Copies of each partition, on as many brokers. */
  replicationFactor: number
  retentionMilliseconds: number
}

/** Offsets by partition. */
export type Offsets = ReadonlyMap<number, bigint>

export interface TopicRange {
  /** Offsets of the first records that are kept. */
  begin: Offsets
  /** Offsets that the next records will have. */
  end: Offsets
}

/** Every method throws BrokerAwayError, UnknownTopicError or RecordRefusedError (not authorised). */
export interface TopicAdmin {
  /** The cluster's id and the number of brokers that are up. */
  describeCluster(): Promise<{ id: string; brokers: number }>
  /** Returns false if the topic existed already. */
  createTopic(topic: NewTopic): Promise<boolean>
  listTopics(): Promise<string[]>
  rangesOf(topics: readonly string[]): Promise<Map<string, TopicRange>>
  /** Empty if the group has committed no offset of the topic. */
  committedOffsetsOf(group: string, topic: string): Promise<Offsets>
  /** All groups of the cluster, with and without members. */
  listGroups(): Promise<string[]>
  /** The installations that the members of each group name. Members of an older release name none. */
  installationsOf(groups: readonly string[]): Promise<Map<string, Set<string>>>
  /** Deletes groups without members; ignores those that do not exist. */
  deleteGroups(groups: readonly string[]): Promise<void>
  /** Ignores a topic that does not exist. */
  deleteTopic(topic: string): Promise<void>
  close(): Promise<void>
}

export function createTopicAdmin(connection: KafkaConnection, clientId: string): TopicAdmin {
  const admin = new Admin({ ...clientOptionsOf(connection, clientId), retries: 1, retryDelay: 200 })
  ignoreErrorEvents(admin)
  return new KafkaTopicAdmin(admin)
}

class KafkaTopicAdmin implements TopicAdmin {
  readonly #admin: Admin

  constructor(admin: Admin) {
    this.#admin = admin
  }

  describeCluster(): Promise<{ id: string; brokers: number }> {
    return withBrokerFaults(async () => {
      const { id, brokers } = await this.#admin.metadata({ topics: [], forceUpdate: true })
      return { id, brokers: brokers.size }
    })
  }

  async createTopic(newTopic: NewTopic): Promise<boolean> {
    const created = await withBrokerFaults(() =>
      unless('TOPIC_ALREADY_EXISTS', () =>
        this.#admin.createTopics({
          topics: [newTopic.topic],
          partitions: newTopic.partitions,
          replicas: newTopic.replicationFactor,
          configs: [
            { name: 'cleanup.policy', value: 'delete' },
            { name: 'retention.ms', value: String(newTopic.retentionMilliseconds) },
          ],
        }),
      ),
    )
    return created !== undefined
  }

  listTopics(): Promise<string[]> {
    return withBrokerFaults(() => this.#admin.listTopics())
  }

  rangesOf(topics: readonly string[]): Promise<Map<string, TopicRange>> {
    return withBrokerFaults(async () => {
      if (topics.length === 0) return new Map()
      const begin = await this.#offsetsOf(topics, ListOffsetTimestamps.EARLIEST)
      const end = await this.#offsetsOf(topics, ListOffsetTimestamps.LATEST)
      return new Map(
        topics.map((topic) => [
          topic,
          { begin: begin.get(topic) ?? new Map(), end: end.get(topic) ?? new Map() },
        ]),
      )
    })
  }

  async committedOffsetsOf(group: string, topic: string): Promise<Offsets> {
    const groups = await withBrokerFaults(() =>
      unless('GROUP_ID_NOT_FOUND', () => this.#admin.listConsumerGroupOffsets({ groups: [group] })),
    )
    const partitions = groups?.[0]?.topics.find(({ name }) => name === topic)?.partitions ?? []
    return new Map(
      partitions
        .filter(({ committedOffset }) => committedOffset >= 0n)
        .map(({ partitionIndex, committedOffset }) => [partitionIndex, committedOffset]),
    )
  }

  listGroups(): Promise<string[]> {
    return withBrokerFaults(async () => [...(await this.#admin.listGroups()).keys()])
  }

  installationsOf(groups: readonly string[]): Promise<Map<string, Set<string>>> {
    return withBrokerFaults(async () => {
      if (groups.length === 0) return new Map()
      const described = await this.#admin.describeGroups({ groups: [...groups] })
      return new Map(
        [...described].map(([id, { members }]) => [
          id,
          new Set(
            [...members.values()]
              .map(({ metadata }) => String(metadata?.metadata ?? ''))
              .filter((installation) => installation !== ''),
          ),
        ]),
      )
    })
  }

  async deleteGroups(groups: readonly string[]): Promise<void> {
    for (const group of groups)
      await withBrokerFaults(() =>
        unless('GROUP_ID_NOT_FOUND', () => this.#admin.deleteGroups({ groups: [group] })),
      )
  }

  async deleteTopic(topic: string): Promise<void> {
    await withBrokerFaults(() =>
      unless('UNKNOWN_TOPIC_OR_PARTITION', () => this.#admin.deleteTopics({ topics: [topic] })),
    )
  }

  async close(): Promise<void> {
    await this.#admin.close()
  }

  async #offsetsOf(
    topics: readonly string[],
    timestamp: bigint,
  ): Promise<Map<string, Map<number, bigint>>> {
    const metadata = await this.#admin.metadata({ topics: [...topics], forceUpdate: true })
    const listed = await this.#admin.listOffsets({
      topics: topics.map((name) => ({
        name,
        partitions: Array.from(
          { length: metadata.topics.get(name)?.partitionsCount ?? 0 },
          (_, partitionIndex) => ({ partitionIndex, timestamp }),
        ),
      })),
    })
    return new Map(
      listed.map(({ name, partitions }) => [
        name,
        new Map(partitions.map(({ partitionIndex, offset }) => [partitionIndex, offset])),
      ]),
    )
  }
}

async function withBrokerFaults<Answer>(request: () => Promise<Answer>): Promise<Answer> {
  try {
    return await request()
  } catch (error) {
    throw brokerFaultOf(error)
  }
}

/** Returns the answer, or undefined if the request fails with this protocol error of Kafka. */
async function unless<Answer>(
  apiId: string,
  request: () => Promise<Answer>,
): Promise<Answer | undefined> {
  try {
    return await request()
  } catch (error) {
    if (isProtocolError(error, apiId)) return undefined
    throw error
  }
}

function isProtocolError(error: unknown, apiId: string): boolean {
  if (error instanceof GenericError) return error.findBy('apiId', apiId) !== null
  return error instanceof MultipleErrors && error.findBy('apiId', apiId) !== null
}

/** Counts the records that a group has not read yet. */
export function lagOf({ begin, end }: TopicRange, committed: Offsets): number {
  let lag = 0n
  for (const [partition, last] of end) {
    const first = begin.get(partition) ?? 0n
    const read = committed.get(partition) ?? first
    const next = read > first ? read : first
    if (last > next) lag += last - next
  }
  return Number(lag)
}

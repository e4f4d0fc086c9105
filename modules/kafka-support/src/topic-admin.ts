import { Admin, ListOffsetTimestamps, type ProtocolError } from '@platformatic/kafka'
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
  /** The first that is kept. */
  begin: Offsets
  /** The one after the last. */
  end: Offsets
}

/** Every method throws BrokerAwayError, UnknownTopicError or RecordRefusedError (not authorised). */
export interface TopicAdmin {
  /** `brokers`: how many are there now. */
  describeCluster(): Promise<{ id: string; brokers: number }>
  /** False where it was there already, made by whomever. */
  createTopic(topic: NewTopic): Promise<boolean>
  listTopics(): Promise<string[]>
  rangesOf(topics: readonly string[]): Promise<Map<string, TopicRange>>
  /** Empty where the group has committed nothing there. */
  committedOffsetsOf(group: string, topic: string): Promise<Offsets>
  /** Groups that are known to the cluster, with and without members. */
  listGroups(): Promise<string[]>
  /** Groups without members only; one that is not there is fine. */
  deleteGroups(groups: readonly string[]): Promise<void>
  /** One that is not there is fine. */
  deleteTopic(topic: string): Promise<void>
  close(): Promise<void>
}

export function createTopicAdmin(connection: KafkaConnection, clientId: string): TopicAdmin {
  const admin = new Admin({ ...clientOptionsOf(connection, clientId), retries: 1, retryDelay: 200 })
  ignoreErrorEvents(admin)

  async function ask<Answer>(question: () => Promise<Answer>): Promise<Answer> {
    try {
      return await question()
    } catch (error) {
      throw brokerFaultOf(error)
    }
  }

  async function offsetsOf(
    topics: readonly string[],
    timestamp: bigint,
  ): Promise<Map<string, Map<number, bigint>>> {
    const { topics: known } = await admin.metadata({ topics: [...topics], forceUpdate: true })
    const listed = await admin.listOffsets({
      topics: topics.map((name) => ({
        name,
        partitions: Array.from(
          { length: known.get(name)?.partitionsCount ?? 0 },
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

  return {
    describeCluster: () =>
      ask(async () => {
        const { id, brokers } = await admin.metadata({ topics: [], forceUpdate: true })
        return { id, brokers: brokers.size }
      }),

    createTopic: ({ topic, partitions, replicationFactor, retentionMilliseconds }) =>
      ask(async () => {
        try {
          await admin.createTopics({
            topics: [topic],
            partitions,
            replicas: replicationFactor,
            configs: [
              { name: 'cleanup.policy', value: 'delete' },
              { name: 'retention.ms', value: String(retentionMilliseconds) },
            ],
          })
          return true
        } catch (error) {
          if (isProtocolError(error, 'TOPIC_ALREADY_EXISTS')) return false
          throw error
        }
      }),

    listTopics: () => ask(() => admin.listTopics()),

    rangesOf: (topics) =>
      ask(async () => {
        if (topics.length === 0) return new Map()
        const begin = await offsetsOf(topics, ListOffsetTimestamps.EARLIEST)
        const end = await offsetsOf(topics, ListOffsetTimestamps.LATEST)
        return new Map(
          topics.map((topic) => [
            topic,
            { begin: begin.get(topic) ?? new Map(), end: end.get(topic) ?? new Map() },
          ]),
        )
      }),

    committedOffsetsOf: (group, topic) =>
      ask(async () => {
        try {
          const [listed] = await admin.listConsumerGroupOffsets({ groups: [group] })
          const partitions = listed?.topics.find(({ name }) => name === topic)?.partitions ?? []
          return new Map(
            partitions
              .filter(({ committedOffset }) => committedOffset >= 0n)
              .map((one) => [one.partitionIndex, one.committedOffset]),
          )
        } catch (error) {
          if (isProtocolError(error, 'GROUP_ID_NOT_FOUND')) return new Map()
          throw error
        }
      }),

    listGroups: () => ask(async () => [...(await admin.listGroups()).keys()]),

    deleteGroups: (groups) =>
      ask(async () => {
        for (const group of groups) {
          try {
            await admin.deleteGroups({ groups: [group] })
          } catch (error) {
            if (!isProtocolError(error, 'GROUP_ID_NOT_FOUND')) throw error
          }
        }
      }),

    deleteTopic: (topic) =>
      ask(async () => {
        try {
          await admin.deleteTopics({ topics: [topic] })
        } catch (error) {
          if (!isProtocolError(error, 'UNKNOWN_TOPIC_OR_PARTITION')) throw error
        }
      }),

    close: async () => admin.close(),
  }
}

const isProtocolError = (error: unknown, apiId: string): boolean =>
  error instanceof Error &&
  (error as { findBy?(property: string, value: unknown): ProtocolError | null }).findBy?.(
    'apiId',
    apiId,
  ) != null

/** Records that a group has still to read. */
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

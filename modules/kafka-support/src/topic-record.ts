/** A record of a topic, with its bytes not validated yet. */
export interface TopicRecord {
  topic: string
  partition: number
  offset: bigint
  /** When it was sent, in milliseconds since 1970. */
  timestamp: number
  key: Buffer | null
  /** Null in a tombstone, which no publisher of this product writes. */
  value: Buffer | null
  headers: [key: string, value: string][]
}

/** A record as a group member receives it. */
export type ReceivedRecord = TopicRecord & { leaderEpoch: number }

/** `kafka:topic/partition/offset`: the origin of a record, in dead letters and logs. */
export const sourceOf = ({ topic, partition, offset }: TopicRecord): string =>
  `kafka:${topic}/${partition}/${offset}`

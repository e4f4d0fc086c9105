/** A record as it stands in a topic: bytes that nobody has judged yet. */
export interface TopicRecord {
  topic: string
  partition: number
  offset: bigint
  /** When it was sent, milliseconds since 1970. */
  timestamp: number
  key: Buffer | null
  /** Null in a record without a value, which no publisher of ours writes. */
  value: Buffer | null
  headers: [key: string, value: string][]
}

/** `kafka:topic/partition/offset`: where a record came from, in dead letters and logs. */
export const sourceOf = ({ topic, partition, offset }: TopicRecord): string =>
  `kafka:${topic}/${partition}/${offset}`

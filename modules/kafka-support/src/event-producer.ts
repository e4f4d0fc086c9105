import { ProduceAcks, Producer } from '@platformatic/kafka'
import { brokerFaultOf } from './broker-fault.ts'
import { clientOptionsOf, ignoreErrorEvents } from './client-options.ts'
import { withDeadline } from '@dailyfeed/concurrency/deadline'
import type { RecordHeaders } from './installation-header.ts'
import type { KafkaConnection } from './kafka-settings.ts'

/** Which acknowledgement a send waits for: the leader's, or that of all in-sync replicas. */
export type Acks = '1' | 'all'

export interface NewRecord {
  /** Partition key: records with the same key keep their order. */
  key: string
  value: Buffer
}

export interface EventProducer {
  /** Maximum number of concurrent sends, of which no two may contain the same key. */
  readonly sendsAtOnce: number
  /**
   * Resolves when the brokers have acknowledged all records, each with these headers, as `acks` demands. Throws
   * BrokerAwayError, UnknownTopicError or RecordRefusedError; some records may have arrived even
   * then, so that a repeated send may duplicate them.
   */
  send(topic: string, records: readonly NewRecord[], headers?: RecordHeaders): Promise<void>
  close(): Promise<void>
}

interface EventProducerOptions {
  connection: KafkaConnection
  acks: Acks
  clientId: string
  deadlineMilliseconds?: number
}

const NO_HEADERS: RecordHeaders = new Map()
/** Longer than any attempt of the library: connection, metadata and request, with retries. */
const SEND_DEADLINE_MILLISECONDS = 15_000

/**
 * The caller must not exceed `sendsAtOnce`: with acks = 1, concurrent sends can overtake each other.
 * With `all` the producer is idempotent. The library hardly retries, because the relay does: a retry
 * may duplicate records, and delays the report of a failure.
 */
export function createEventProducer({
  connection,
  acks,
  clientId,
  deadlineMilliseconds = SEND_DEADLINE_MILLISECONDS,
}: EventProducerOptions): EventProducer {
  const isIdempotent = acks === 'all'
  const open = () => {
    const producer = new Producer<string, Buffer, Buffer, Buffer>({
      ...clientOptionsOf(connection, clientId),
      // An idempotent producer needs two to recover from a lost connection, and treats 0 as infinite.
      retries: isIdempotent ? 2 : 0,
      retryDelay: 200,
      idempotent: isIdempotent,
      serializers: { key: (key) => Buffer.from(key ?? ''), value: (value) => value },
    })
    ignoreErrorEvents(producer)
    return producer
  }
  let producer = open()

  return {
    // An idempotent producer numbers its sends, and accepts one at a time.
    sendsAtOnce: isIdempotent ? 1 : 2,

    async send(topic, records, headers = NO_HEADERS) {
      const used = producer
      let isLate = false
      // The library's type allows it to change the map, which it does not.
      const shared = headers as Map<Buffer, Buffer>
      try {
        const sending = used.send({
          messages: records.map(({ key, value }) => ({ topic, key, value, headers: shared })),
          // The library ignores the constructor's acks.
          acks: isIdempotent ? ProduceAcks.ALL : ProduceAcks.LEADER,
        })
        await withDeadline(sending, deadlineMilliseconds, () => {
          isLate = true
          return new Error('no answer in time')
        })
      } catch (error) {
        // An idempotent producer that failed has lost the sequence number that the brokers expect. A
        // producer without an answer would delay every later send. Both are replaced.
        if ((isIdempotent || isLate) && producer === used) {
          used.close(true).catch(() => {})
          producer = open()
        }
        throw brokerFaultOf(error)
      }
    },
    async close() {
      await producer.close(true)
    },
  }
}

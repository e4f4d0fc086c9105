import { ProduceAcks, Producer } from '@platformatic/kafka'
import { brokerFaultOf } from './broker-fault.ts'
import { clientOptionsOf, ignoreErrorEvents } from './client-options.ts'
import { withDeadline } from '@dailyfeed/concurrency/deadline'
import type { KafkaConnection } from './kafka-settings.ts'

/** Whose receipt a send waits for: the leader's, or that of every replica in sync. */
export type Acks = '1' | 'all'

export interface NewRecord {
  /** Partition key: records of one key keep their order. */
  key: string
  value: Buffer
}

export interface EventProducer {
  /** Sends that may be on their way together, as long as no key is in two of them. */
  readonly sendsAtOnce: number
  /**
   * Settles when the brokers have all of them, with the receipt that `acks` asks for. Throws BrokerAwayError,
   * UnknownTopicError or RecordRefusedError; some may have arrived all the same, so that sending again may double them.
   */
  send(topic: string, records: readonly NewRecord[]): Promise<void>
  close(): Promise<void>
}

interface EventProducerOptions {
  connection: KafkaConnection
  acks: Acks
  clientId: string
  deadlineMilliseconds?: number
}

/** Longer than any attempt of the library takes: connection, metadata and request, with its retries. */
const SEND_DEADLINE_MILLISECONDS = 15_000

/**
 * Not more sends at once than `sendsAtOnce` is the caller's duty: with acks = 1 those in flight could overtake each other. `all` makes the
 * producer idempotent. The relay repeats, so that the library hardly does: a repeated send doubles records, and a late
 * answer is a late dead letter.
 */
export function createEventProducer({
  connection,
  acks,
  clientId,
  deadlineMilliseconds = SEND_DEADLINE_MILLISECONDS,
}: EventProducerOptions): EventProducer {
  const isIdempotent = acks === 'all'
  const open = () => {
    const producer = new Producer<string, Buffer, string, string>({
      ...clientOptionsOf(connection, clientId),
      // An idempotent producer needs two to settle what a lost connection left open, and takes 0 for "without end".
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
    // The order of an idempotent producer is that of its sends: it takes one at a time.
    sendsAtOnce: isIdempotent ? 1 : 2,

    async send(topic, records) {
      const used = producer
      let isLate = false
      try {
        const sending = used.send({
          messages: records.map(({ key, value }) => ({ topic, key, value })),
          // The library ignores acks that are given to the constructor.
          acks: isIdempotent ? ProduceAcks.ALL : ProduceAcks.LEADER,
        })
        await withDeadline(sending, deadlineMilliseconds, () => {
          isLate = true
          return new Error('no answer in time')
        })
      } catch (error) {
        // An idempotent producer that gave up knows no more which sequence the brokers expect. One without an answer waits
        // for something that no longer comes, and so would every send after this one. A new one begins anew.
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

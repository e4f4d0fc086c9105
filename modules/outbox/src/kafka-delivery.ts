import { RecordRefusedError, UnknownTopicError } from '@dailyfeed/kafka-support/broker-fault'
import { topicDayOf } from '@dailyfeed/kafka-support/dated-topic'
import type { DatedTopics } from '@dailyfeed/kafka-support/dated-topics'
import type { EventProducer, NewRecord } from '@dailyfeed/kafka-support/event-producer'
import { installationHeaders } from '@dailyfeed/kafka-support/installation-header'
import {
  DeliveryRefusedError,
  type Destination,
  DestinationAwayError,
  type OutgoingEvent,
} from './destination.ts'

interface KafkaDeliveryOptions {
  producer: EventProducer
  topics: Pick<DatedTopics, 'topicOf' | 'create'>
  timeZone: string
  /** Finds the id of the installation, which every record carries. */
  findInstallation: () => Promise<string>
}

/** Delivery to the dated topic of the day of sending; the database's clock decides which day it is. */
export const deliverToKafka = ({
  producer,
  topics,
  timeZone,
  findInstallation,
}: KafkaDeliveryOptions): Destination => ({
  lanes: producer.sendsAtOnce,
  async deliver(events, now) {
    const headers = installationHeaders(await findInstallation())
    const day = topicDayOf(new Date(now), timeZone)
    const records = toRecords(events)
    try {
      try {
        await producer.send(topics.topicOf(day), records, headers)
      } catch (error) {
        if (!(error instanceof UnknownTopicError)) throw error
        // kafkaTopicCreateJob did not run: the first event of a day creates its topic.
        await topics.create(day)
        await producer.send(topics.topicOf(day), records, headers)
      }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      throw error instanceof RecordRefusedError
        ? new DeliveryRefusedError(message, { cause: error })
        : new DestinationAwayError(message, { cause: error })
    }
  },
  close: () => producer.close(),
})

/** Encodes all events as one buffer and slices it, which is cheaper than encoding each. */
function toRecords(events: readonly OutgoingEvent[]): NewRecord[] {
  const text = events.map(({ json }) => json).join('')
  const bytes = Buffer.from(text)
  // Offsets of characters and bytes are equal for ASCII only.
  if (bytes.length !== text.length)
    return events.map(({ partitionKey, json }) => ({ key: partitionKey, value: Buffer.from(json) }))
  let end = 0
  return events.map(({ partitionKey, json }) => {
    const start = end
    end += json.length
    return { key: partitionKey, value: bytes.subarray(start, end) }
  })
}

import { createEventProducer } from '@dailyfeed/kafka-support/event-producer'
import { groupOf } from '@dailyfeed/kafka-support/consumer-group'
import type { TopicRecord } from '@dailyfeed/kafka-support/topic-record'
import { replayTopic } from '@dailyfeed/kafka-support/topic-replay'
import { MESSAGE_KEY_PREFIX } from '@dailyfeed/contract/message-key'
import type { FaultEnvironment } from './environment.ts'

const silent = { info() {}, warn() {}, error() {} }

/** Every record that today's topic contains now. */
export async function readRecords({
  connection,
  admin,
  topic,
}: FaultEnvironment): Promise<TopicRecord[]> {
  const records: TopicRecord[] = []
  await replayTopic({
    connection,
    admin,
    clientId: 'faults',
    topic: topic(),
    handle: async (batch) => void records.push(...batch),
    onProgress() {},
    log: silent,
  })
  return records
}

export async function sendRecords(
  { connection, topic }: FaultEnvironment,
  records: readonly { key: string; value: Buffer }[],
): Promise<void> {
  const producer = createEventProducer({ connection, acks: '1', clientId: 'faults' })
  try {
    await producer.send(topic(), records)
  } finally {
    await producer.close()
  }
}

/**
 * Throws where an event below the committed offsets of activity-svc has neither a record nor a dead
 * letter: an offset is committed only after its event took effect.
 */
export async function checkCommittedOffsets(environment: FaultEnvironment): Promise<void> {
  const committed = await environment.admin.committedOffsetsOf(
    groupOf('activity', environment.topic()),
    environment.topic(),
  )
  const below = (await readRecords(environment)).filter(
    ({ partition, offset }) => offset < (committed.get(partition) ?? 0n),
  )
  const events = below.flatMap(({ value }) => parseEvent(value) ?? [])
  const ids = events.map(({ eventId }) => eventId)
  const keys = events.map(({ messageKey }) => messageKey.replace(MESSAGE_KEY_PREFIX, ''))
  const versions = events.map(({ version }) => version)
  const rows = await environment.sql<{ event_id: string }[]>`
    select event_id
    from unnest(${ids}::uuid[], ${keys}::text[], ${versions}::bigint[])
      as committed (event_id, message_key, version)
    where not exists (
        select from activity.record
        where record.message_key = committed.message_key and record.version >= committed.version)
      and not exists (
        select from activity.dead_letter where dead_letter.event_id = committed.event_id)`
  if (rows.length > 0)
    throw new Error(
      `${rows.length} of ${events.length} events below the committed offsets took no effect`,
    )
}

export interface SentEvent {
  eventId: string
  messageKey: string
  version: number
}

/** Returns undefined for a record that is no event, since some faults send undecodable records. */
export function parseEvent(value: Buffer | null): SentEvent | undefined {
  try {
    const event = JSON.parse(String(value)) as Partial<SentEvent>
    return event.eventId !== undefined &&
      event.messageKey !== undefined &&
      event.version !== undefined
      ? (event as SentEvent)
      : undefined
  } catch {
    return undefined
  }
}

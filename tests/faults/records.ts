import { createEventProducer } from '@dailyfeed/kafka-support/event-producer'
import { groupOf } from '@dailyfeed/kafka-support/consumer-group'
import type { TopicRecord } from '@dailyfeed/kafka-support/topic-record'
import { replayTopic } from '@dailyfeed/kafka-support/topic-replay'
import { MESSAGE_KEY_PREFIX } from '@dailyfeed/contract/message-key'
import type { World } from './world.ts'

const silent = { info() {}, warn() {}, error() {} }

/** Everything that stands in today's topic now. */
export async function readRecords({ connection, admin, topic }: World): Promise<TopicRecord[]> {
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
  { connection, topic }: World,
  records: readonly { key: string; value: Buffer }[],
): Promise<void> {
  const producer = createEventProducer({ connection, acks: '1', clientId: 'faults' })
  try {
    await producer.send(topic(), records)
  } finally {
    await producer.close()
  }
}

/** I5: nothing below activity-svc's committed offsets is without effect. Returns how many were looked at. */
export async function checkCommittedPrefix(world: World): Promise<number> {
  const committed = await world.admin.committedOffsetsOf(
    groupOf('activity', world.topic()),
    world.topic(),
  )
  const below = (await readRecords(world)).filter(
    ({ partition, offset }) => offset < (committed.get(partition) ?? 0n),
  )
  const events = below.flatMap(({ value }) => parseEvent(value) ?? [])
  const rows = await world.sql<{ event_id: string }[]>`
    select event_id from unnest(${events.map(({ eventId }) => eventId)}::uuid[], ${events.map(({ messageKey }) => messageKey.replace(MESSAGE_KEY_PREFIX, ''))}::text[],
      ${events.map(({ version }) => version)}::bigint[]) as asked (event_id, message_key, version)
    where not exists (select from activity.record where record.message_key = asked.message_key and record.version >= asked.version)
      and not exists (select from activity.dead_letter where dead_letter.event_id = asked.event_id)`
  if (rows.length > 0)
    throw new Error(
      `${rows.length} of ${events.length} events below the committed offsets took no effect`,
    )
  return events.length
}

export interface SentEvent {
  eventId: string
  messageKey: string
  version: number
}

/** Undefined where it is none: poison is sent here too. */
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

import { INTERNAL_TOKEN } from '@dailyfeed/contract/headers'
import { setTimeout as sleep } from 'node:timers/promises'
import { addDays, datedTopicOf, topicDayOf } from '@dailyfeed/kafka-support/dated-topic'
import { createEventProducer } from '@dailyfeed/kafka-support/event-producer'
import { groupOf } from '@dailyfeed/kafka-support/consumer-group'
import { Admin } from '@platformatic/kafka'
import type { Fault } from './fault.ts'
import { settle, TIME_ZONE, TOPIC_PREFIX, until, type World } from './world.ts'

const dayBefore = (days: number) => addDays(topicDayOf(new Date(), TIME_ZONE), -days)

/** The state that events leave behind, as one value: unchanged where they change nothing. */
async function checksum({ sql }: World): Promise<string> {
  const [row] = await sql<[{ sum: string }]>`
    select md5(concat(
      (select string_agg(record::text, '|' order by message_key) from activity.record),
      (select string_agg(interest.member_id || ' ' || author_id || ' ' || score, '|' order by member_id, author_id) from activity.interest),
      (select string_agg(actor::text, '|' order by actor::text) from activity.notification_actor actor),
      (select string_agg(post_id || ' ' || view_count, '|' order by post_id) from content.post_counter),
      (select string_agg(post_id || ' ' || version, '|' order by post_id) from search.post_index))) as sum`
  return row.sum
}

interface ReplayLine {
  report?: { records: number; changed: number; deadLettered: number }
  error?: string
}

/** The lines that a replay of today answers with. */
async function replayToday(
  { services }: World,
  service: 'activity' | 'search' | 'content',
): Promise<ReplayLine[]> {
  const response = await fetch(`${services.urlOf(service)}/internal/topics/replay`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      [INTERNAL_TOKEN]: services.internalTokenOf('batch'),
    },
    body: JSON.stringify({ day: topicDayOf(new Date(), TIME_ZONE), isDryRun: false }),
  })
  if (!response.ok)
    throw new Error(`a replay was answered ${response.status}: ${await response.text()}`)
  return (await response.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ReplayLine)
}

export const topicFaults: readonly Fault[] = [
  {
    id: 'F17',
    title: 'a topic deleted that is not read to its end: by the guard, then by force',
    async run(world) {
      const day = dayBefore(3)
      const topic = datedTopicOf(TOPIC_PREFIX, day)
      await world.services.end('activity', 'SIGTERM')
      await world.admin.createTopic({
        topic,
        partitions: 6,
        replicationFactor: 1,
        retentionMilliseconds: 604_800_000,
      })
      const producer = createEventProducer({
        connection: world.connection,
        acks: '1',
        clientId: 'faults',
      })
      await until('the topic takes records', async () =>
        producer.send(topic, [{ key: 'post:1', value: Buffer.from('{}') }]).then(
          () => true,
          () => false,
        ),
      )
      await producer.close()
      const { outcome } = await world.post<{ outcome: string }>(
        'content',
        '/internal/topics/delete',
        { day, isDryRun: false },
      )
      if (outcome !== 'UNREAD') throw new Error(`the guard answered ${outcome}`)
      await world.services.start('activity')
      await sleep(4_000)
      await world.admin.deleteTopic(topic)
      await sleep(4_000)
      await world.sql`update activity.dead_letter set status = 'ARCHIVED' where topic = ${topic}`
    },
  },
  {
    id: 'F18',
    title: 'clocks five minutes fast and slow, in other zones',
    async run(world) {
      const skewed = (seconds: number, zone: string) => ({
        NODE_OPTIONS: `--import ${new URL('./skewed-clock.mjs', import.meta.url)}`,
        CLOCK_SKEW_SECONDS: String(seconds),
        TZ: zone,
      })
      await world.services.end('activity', 'SIGTERM')
      await world.services.start('activity', { env: skewed(-300, 'Pacific/Auckland') })
      await world.services.end('content', 'SIGTERM')
      await world.services.start('content', { env: skewed(300, 'America/New_York') })
      await sleep(4_000)
      for (const service of ['content', 'activity'] as const) {
        await world.services.end(service, 'SIGTERM')
        await world.services.start(service)
      }
    },
    refuses: 'content-svc is replaced twice',
  },
  {
    id: 'F20',
    title: 'today replayed twice while it goes on',
    isQuick: true,
    async run(world) {
      await replayToday(world, 'activity')
      await world.load.stop()
      // timeline-svc gathers looks for a while before it tells of them.
      await sleep(3_000)
      const { pending } = await settle(world, 30)
      if (pending.length > 0) throw new Error(`still on its way: ${pending[0]}`)
      const [before, offsets] = [await checksum(world), await offsetsOfToday(world)]
      for (const service of ['activity', 'search', 'content'] as const) {
        const lines = await replayToday(world, service)
        const last = lines.at(-1)
        if (last?.report?.changed !== 0)
          throw new Error(`${service} changed something: ${JSON.stringify(last)}`)
      }
      if ((await checksum(world)) !== before)
        throw new Error('replaying the day again changed something')
      if ((await offsetsOfToday(world)) !== offsets)
        throw new Error('a replay moved the place of the live group')
      world.load.start()
    },
  },
  {
    id: 'F23',
    title: 'offsets of the group lost; then records deleted before they were read',
    async run(world) {
      await world.services.end('activity', 'SIGTERM')
      const group = groupOf('activity', world.topic())
      await world.admin.deleteGroups([group])
      await world.services.start('activity')
      await until('the group has read again', async () => (await world.lagOf('activity')) < 50)

      await world.services.end('activity', 'SIGTERM')
      await sleep(1_500)
      const range = (await world.admin.rangesOf([world.topic()])).get(world.topic())
      const admin = new Admin({ clientId: 'faults', bootstrapBrokers: world.connection.brokers })
      await admin.deleteRecords({
        topics: [
          {
            name: world.topic(),
            partitions: [...(range?.end ?? [])].map(([partition, offset]) => ({
              partition,
              offset,
            })),
          },
        ],
      })
      await admin.close()
      await world.services.start('activity')
      await until(
        'the alarm of the gap',
        () =>
          world.services
            .outputOf('activity')
            .includes('ALARM: records were deleted before this group read them'),
        30,
      )
      // What was deleted is in no topic any more: the outbox still has it.
      await sleep(2_500)
      await world.job('content', 'eventReconcileJob')
      await world.job('timeline', 'eventReconcileJob')
    },
  },
]

async function offsetsOfToday({ admin, topic }: World): Promise<string> {
  const offsets = await admin.committedOffsetsOf(groupOf('activity', topic()), topic())
  return [...offsets]
    .map(([partition, offset]) => `${partition}:${offset}`)
    .sort()
    .join(' ')
}

import { INTERNAL_TOKEN } from '@dailyfeed/contract/headers'
import { setTimeout as sleep } from 'node:timers/promises'
import { addDays, datedTopicOf, topicDayOf } from '@dailyfeed/kafka-support/dated-topic'
import { createEventProducer } from '@dailyfeed/kafka-support/event-producer'
import { groupOf } from '@dailyfeed/kafka-support/consumer-group'
import { Admin } from '@platformatic/kafka'
import type { Fault } from './fault.ts'
import { eventually } from '../eventually.ts'
import { ask, clientAt } from '../http-client.ts'
import { type FaultEnvironment, TIME_ZONE, TOPIC_PREFIX } from './environment.ts'
import { awaitWrites, reconcile, awaitEffects } from './effects.ts'

/** timeline-svc writes its buffered views once a second. */
const VIEW_FLUSH_MS = 1_000

const dayBefore = (days: number) => addDays(topicDayOf(new Date(), TIME_ZONE), -days)

/** A checksum of everything that the effects of events change. */
async function checksum({ sql }: FaultEnvironment): Promise<string> {
  const [row] = await sql<[{ sum: string }]>`
    select md5(concat(
      (select string_agg(record::text, '|' order by message_key) from activity.record),
      (select string_agg(member_id || ' ' || author_id || ' ' || score, '|'
        order by member_id, author_id) from activity.interest),
      (select string_agg(actor::text, '|' order by actor::text)
        from activity.notification_actor actor),
      (select string_agg(post_id || ' ' || view_count, '|' order by post_id)
        from content.post_counter),
      (select string_agg(post_id || ' ' || version, '|' order by post_id)
        from search.post_index))) as sum`
  return row.sum
}

interface ReplayLine {
  report?: { records: number; changed: number; deadLettered: number }
  error?: string
}

/** Replays today's topic to a service. Returns the lines of its answer, the last with the report. */
async function replayToday(
  { services }: FaultEnvironment,
  service: 'activity' | 'search' | 'content',
): Promise<ReplayLine[]> {
  const { status, bytes } = await ask(clientAt(services.urlOf(service)), {
    url: '/internal/topics/replay',
    body: { day: topicDayOf(new Date(), TIME_ZONE), isDryRun: false },
    headers: { [INTERNAL_TOKEN]: services.internalTokenOf('batch') },
  })
  if (status !== 200) throw new Error(`a replay answered ${status}: ${String(bytes)}`)
  return String(bytes)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ReplayLine)
}

export const topicFaults: readonly Fault[] = [
  {
    id: 'F17',
    title: 'an unread topic is refused for deletion, then deleted by force',
    async run(environment) {
      const day = dayBefore(3)
      const topic = datedTopicOf(TOPIC_PREFIX, day)
      await environment.services.end('activity', 'SIGTERM')
      await environment.admin.createTopic({
        topic,
        partitions: 6,
        replicationFactor: 1,
        retentionMilliseconds: 604_800_000,
      })
      const producer = createEventProducer({
        connection: environment.connection,
        acks: '1',
        clientId: 'faults',
      })
      await eventually('the topic accepts records', () =>
        producer.send(topic, [{ key: 'post:1', value: Buffer.from('{}') }]).then(
          () => true,
          () => false,
        ),
      )
      await producer.close()
      const { outcome } = await environment.post<{ outcome: string }>(
        'content',
        '/internal/topics/delete',
        { day, isDryRun: false },
      )
      if (outcome !== 'UNREAD') throw new Error(`the guard answered ${outcome}`)
      await environment.services.start('activity')
      await awaitWrites(environment, 300)
      await environment.admin.deleteTopic(topic)
      await awaitWrites(environment, 300)
      await environment.sql`update activity.dead_letter set status = 'ARCHIVED' where topic = ${topic}`
    },
  },
  {
    id: 'F18',
    title: 'clocks of two services are five minutes fast and slow, in other time zones',
    async run(environment) {
      const skewed = (seconds: number, zone: string) => ({
        NODE_OPTIONS: `--import ${new URL('./skewed-clock.mjs', import.meta.url)}`,
        CLOCK_SKEW_SECONDS: String(seconds),
        TZ: zone,
      })
      await environment.services.end('activity', 'SIGTERM')
      await environment.services.start('activity', { env: skewed(-300, 'Pacific/Auckland') })
      await environment.services.end('content', 'SIGTERM')
      await environment.services.start('content', { env: skewed(300, 'America/New_York') })
      await awaitWrites(environment, 300)
      for (const service of ['content', 'activity'] as const) {
        await environment.services.end(service, 'SIGTERM')
        await environment.services.start(service)
      }
    },
    expectedRefusals: 'content-svc is replaced twice',
  },
  {
    id: 'F20',
    title: 'today’s topic is replayed twice',
    isQuick: true,
    async run(environment) {
      await replayToday(environment, 'activity')
      await environment.load.stop()
      // Views reach the outbox of timeline-svc only when it writes its buffer.
      await sleep(3 * VIEW_FLUSH_MS)
      const { pending } = await awaitEffects(environment, 60)
      if (pending.length > 0) throw new Error(`still in transit: ${pending[0]}`)
      const [before, offsets] = [await checksum(environment), await offsetsOfToday(environment)]
      for (const service of ['activity', 'search', 'content'] as const) {
        const lines = await replayToday(environment, service)
        const last = lines.at(-1)
        if (last?.report?.changed !== 0)
          throw new Error(`the replay changed something in ${service}: ${JSON.stringify(last)}`)
      }
      if ((await checksum(environment)) !== before)
        throw new Error('the second replay of the day changed something')
      if ((await offsetsOfToday(environment)) !== offsets)
        throw new Error('a replay changed the offsets of the live group')
      environment.load.start()
    },
  },
  {
    id: 'F23',
    title: 'the offsets of a group are lost; then records are deleted before it read them',
    async run(environment) {
      await environment.services.end('activity', 'SIGTERM')
      const group = groupOf('activity', environment.topic())
      await environment.admin.deleteGroups([group])
      await environment.services.start('activity')
      await eventually(
        'the group has read the topic again',
        () => environment.lagOf('activity'),
        (lag) => lag < 50,
      )

      await environment.services.end('activity', 'SIGTERM')
      await awaitWrites(environment, 100)
      const range = (await environment.admin.rangesOf([environment.topic()])).get(
        environment.topic(),
      )
      const admin = new Admin({
        clientId: 'faults',
        bootstrapBrokers: environment.connection.brokers,
      })
      await admin.deleteRecords({
        topics: [
          {
            name: environment.topic(),
            partitions: [...(range?.end ?? [])].map(([partition, offset]) => ({
              partition,
              offset,
            })),
          },
        ],
      })
      await admin.close()
      await environment.services.start('activity')
      await eventually('activity-svc logs the alarm about the gap', () =>
        environment.services
          .outputOf('activity')
          .includes('ALARM: records were deleted before this group read them'),
      )
      // No topic contains the deleted events any more, but the outboxes do.
      await reconcile(environment)
    },
  },
]

async function offsetsOfToday({ admin, topic }: FaultEnvironment): Promise<string> {
  const offsets = await admin.committedOffsetsOf(groupOf('activity', topic()), topic())
  return [...offsets]
    .map(([partition, offset]) => `${partition}:${offset}`)
    .sort()
    .join(' ')
}

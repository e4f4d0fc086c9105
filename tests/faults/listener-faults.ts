import { INTERNAL_TOKEN } from '@dailyfeed/contract/headers'
import { eventText, toEventJson } from '@dailyfeed/outbox/event-text'
import { setTimeout as sleep } from 'node:timers/promises'
import { openRedis } from '@dailyfeed/redis-support/open-redis'
import { eventually } from '../eventually.ts'
import { ask, clientAt } from '../http-client.ts'
import { clearRedis } from '../redis.ts'
import type { FaultEnvironment } from './environment.ts'
import type { Fault } from './fault.ts'
import { checkCommittedOffsets, readRecords, sendRecords } from './records.ts'
import { awaitWrites } from './effects.ts'

const countDeadLetters = async ({ sql }: FaultEnvironment): Promise<number> =>
  (await sql`select from activity.dead_letter where status = 'OPEN'`).count

/** The number of open dead letters that operators see in the metrics. */
async function deadLettersInMetrics({ services }: FaultEnvironment): Promise<number> {
  const text = await (await fetch(`${services.urlOf('activity')}/metrics`)).text()
  return Number(
    /^listener_dead_letters\{[^}]*status="OPEN"[^}]*\} (\d+)/m.exec(text)?.[1] ?? Number.NaN,
  )
}

/** Undecodable events belong to no member: their dead letters are archived at the end of a fault. */
const archiveDeadLetters = ({ sql }: FaultEnvironment) =>
  sql`update activity.dead_letter set status = 'ARCHIVED' where status = 'OPEN'`

const countRecords = async ({ sql }: FaultEnvironment): Promise<number> =>
  (await sql`select from activity.record`).count

/** Waits until so many events are published that activity-svc has not processed. */
async function awaitLag(environment: FaultEnvironment, lag: number): Promise<void> {
  await eventually(
    `activity-svc is ${lag} events behind`,
    () => environment.lagOf('activity'),
    (events) => events >= lag,
  )
}

/** Waits until the events that activity-svc had already fetched took effect. */
async function awaitIdleListener(environment: FaultEnvironment): Promise<void> {
  let records = -1
  const isUnchanged = async () => {
    const before = records
    records = await countRecords(environment)
    return records === before
  }
  await eventually('no record is added any more', isUnchanged, Boolean, { intervalMs: 150 })
}

/** Brokers remove a silent consumer after its session timeout of ten seconds. */
const LONGER_THAN_A_SESSION_MS = 14_000

export const listenerFaults: readonly Fault[] = [
  {
    id: 'F6',
    title: 'activity-svc killed between the effects of events and the commit of offsets',
    isQuick: true,
    async run(environment) {
      for (let kills = 0; kills < 2; kills += 1) {
        const before = await countRecords(environment)
        // Fetched events take effect, but the link withholds the commits of their offsets.
        environment.links.listen.hold()
        await awaitIdleListener(environment)
        await environment.services.end('activity', 'SIGKILL')
        environment.links.listen.open()
        environment.links.listen.cut()
        await checkCommittedOffsets(environment)
        await environment.services.start('activity')
        await eventually(
          'events are recorded again',
          () => countRecords(environment),
          (records) => records > before,
        )
      }
    },
  },
  {
    id: 'F7',
    title: 'activity-svc killed between its inbox and the effect of events',
    async run(environment) {
      // The transaction has claimed its events in the inbox, and waits to lock the next table.
      await environment.sql.begin(async (sql) => {
        await sql`lock table activity.interest in exclusive mode`
        await eventually(
          'a transaction waits for the lock',
          async () =>
            (
              await environment.sql`
                select from pg_locks
                where not granted and relation = 'activity.interest'::regclass`
            ).count > 0,
        )
        await environment.services.end('activity', 'SIGKILL')
      })
      await checkCommittedOffsets(environment)
      await environment.services.start('activity')
    },
  },
  {
    id: 'F8',
    title: 'consumers join and leave the group under load',
    async run(environment) {
      for (let round = 0; round < 3; round += 1) {
        await environment.services.start('activity', { number: 1 })
        await awaitWrites(environment, 150)
        await environment.services.end('activity', 'SIGTERM', round % 2)
        if (round % 2 === 0) await environment.services.start('activity')
        await awaitWrites(environment, 80)
        await environment.services.end('activity', 'SIGTERM', 1)
        if (!environment.services.isRunning('activity'))
          await environment.services.start('activity')
      }
      await checkCommittedOffsets(environment)
    },
  },
  {
    id: 'F9',
    title: 'activity-svc paused for longer than its session; another replica takes over',
    async run(environment) {
      await environment.services.start('activity', { number: 1 })
      await awaitWrites(environment, 100)
      environment.services.signal('activity', 'SIGSTOP')
      await sleep(LONGER_THAN_A_SESSION_MS)
      environment.services.signal('activity', 'SIGCONT')
      await awaitWrites(environment, 150)
      await checkCommittedOffsets(environment)
      await environment.services.end('activity', 'SIGTERM', 1)
    },
  },
  {
    id: 'F10',
    title: 'malformed, invalid and too new events among good ones become dead letters',
    isQuick: true,
    async run(environment) {
      const [good] = await readRecords(environment)
      const event = JSON.parse(String(good?.value))
      const poison = [
        '{"half',
        JSON.stringify({ ...event, memberId: 'nobody' }),
        JSON.stringify({ ...event, schemaVersion: 99 }),
      ]
      await sendRecords(
        environment,
        poison.map((value, n) => ({ key: `post:${n}`, value: Buffer.from(value) })),
      )
      try {
        await eventually(
          'three events are dead letters',
          () => countDeadLetters(environment),
          (count) => count >= poison.length,
        )
        const rows = await environment.sql`
          select topic, partition, record_offset, error_message,
                 convert_from(payload, 'utf8') as payload
          from activity.dead_letter where status = 'OPEN'`
        const found = rows.filter(
          (row) =>
            poison.includes(row['payload']) &&
            row['topic'] === environment.topic() &&
            row['record_offset'] !== null &&
            row['error_message'] !== '',
        )
        if (rows.length !== poison.length || found.length !== poison.length)
          throw new Error(
            `expected ${poison.length} dead letters with their origin; ${rows.length} exist, ${found.length} with origin`,
          )
        if ((await deadLettersInMetrics(environment)) !== poison.length)
          throw new Error('the metrics do not show the dead letters')
      } finally {
        await archiveDeadLetters(environment)
      }
    },
  },
  {
    id: 'F11',
    title: 'activity-svc cannot reach PostgreSQL',
    isQuick: true,
    async run(environment) {
      environment.links.database['activity']?.close()
      await awaitLag(environment, 300)
      await checkCommittedOffsets(environment)
      environment.links.database['activity']?.open()
      if ((await countDeadLetters(environment)) > 0)
        throw new Error('events became dead letters because the database was away')
    },
  },
  {
    id: 'F11b',
    title: 'PostgreSQL is killed and started again while every service uses it',
    async run(environment) {
      process.kill(environment.services.database.server.pid, 'SIGKILL')
      await eventually(
        'PostgreSQL answers again',
        async () => (await environment.sql`select 1`.catch(() => [])).length === 1,
      )
      await awaitWrites(environment, 100)
      for (const service of ['member', 'content', 'timeline', 'activity', 'search'] as const)
        if (!environment.services.isRunning(service))
          throw new Error(
            `${service}-svc ended: ${environment.services.outputOf(service).slice(-2_000)}`,
          )
      if ((await countDeadLetters(environment)) > 0)
        throw new Error('events became dead letters because the database was away')
    },
    expectedRefusals: 'there is no database to write to',
  },
  {
    id: 'F12',
    title: 'Redis flushed, then killed and started again',
    isQuick: true,
    async run(environment) {
      const { redis } = environment
      const client = openRedis(redis.url)
      await eventually('Redis is flushed', () =>
        clearRedis(client).then(
          () => true,
          () => false,
        ),
      )
      await client.close()
      await awaitWrites(environment, 80)
      await redis.server.kill()
      await awaitWrites(environment, 200)
      await redis.server.start()
      await redis.untilReady()
    },
  },
  {
    id: 'F13',
    title: 'a dead letter cannot be written',
    async run(environment) {
      await environment.sql`revoke insert on activity.dead_letter from dailyfeed_activity`
      try {
        await sendRecords(environment, [{ key: 'post:1', value: Buffer.from('{"cannot be read') }])
        await awaitLag(environment, 20)
        await checkCommittedOffsets(environment)
        if ((await countDeadLetters(environment)) > 0)
          throw new Error('a dead letter exists although it could not be written')
      } finally {
        await environment.sql`grant insert on activity.dead_letter to dailyfeed_activity`
      }
      await eventually(
        'the event is a dead letter',
        () => countDeadLetters(environment),
        (count) => count === 1,
      )
      await archiveDeadLetters(environment)
    },
  },
  {
    id: 'F14',
    title: 'every event of today is sent again, twice and in random order',
    isQuick: true,
    async run(environment) {
      const records = (await readRecords(environment))
        .slice(-3_000)
        .map(({ key, value }) => ({ key: String(key), value: value as Buffer }))
      const shuffled = [...records, ...records]
        .map((record) => ({ record, order: environment.random.below(1_000_000) }))
        .sort((a, b) => a.order - b.order)
        .map(({ record }) => record)
      for (let from = 0; from < shuffled.length; from += 500)
        await sendRecords(environment, shuffled.slice(from, from + 500))
    },
  },
  {
    id: 'F21',
    title: 'events of like, unlike and like arrive in reverse order',
    isQuick: true,
    async run(environment) {
      const [author, fan] = environment.members
      const content = clientAt(environment.services.urlOf('content'))
      const written = await ask(content, {
        as: author?.bearer,
        url: '/api/posts',
        body: { content: `liked again ${environment.random.below(1_000_000_000)}` },
      })
      const postId: number = written.body.data.id
      // While the link of listeners is held, the events arrive over HTTP, the newest first.
      environment.links.listen.hold()
      for (const method of ['POST', 'DELETE', 'POST'] as const) {
        const url = `/api/posts/${postId}/like`
        const { status } = await ask(content, { as: fan?.bearer, method, url })
        if (status >= 300) throw new Error(`${url} answered ${status}`)
      }
      const events = await environment.sql<{ text: string }[]>`
        select ${eventText(environment.sql)} as text from content.outbox
        where post_id = ${postId} and activity_type like 'LIKE%' order by version desc`
      const token = environment.services.internalTokenOf('content')
      for (const { text } of events)
        await fetch(`${environment.services.urlOf('activity')}/internal/member-activity-events`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', [INTERNAL_TOKEN]: token },
          body: `{"events":[${toEventJson(text)}]}`,
        })
      environment.links.listen.open()
    },
  },
]

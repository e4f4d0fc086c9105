import { INTERNAL_TOKEN } from '@dailyfeed/contract/headers'
import { eventText, toEventJson } from '@dailyfeed/outbox/event-text'
import { setTimeout as sleep } from 'node:timers/promises'
import { openRedis } from '@dailyfeed/redis-support/open-redis'
import type { Fault } from './fault.ts'
import { checkCommittedPrefix, readRecords, sendRecords } from './records.ts'
import { clearRedis } from '../redis.ts'
import { until, type World } from './world.ts'

const deadLetters = async ({ sql }: World): Promise<number> => {
  const [row] = await sql<
    [{ count: number }]
  >`select count(*) as count from activity.dead_letter where status = 'OPEN'`
  return row.count
}

/** I6. */
async function deadLettersInMetrics({ services }: World): Promise<number> {
  const text = await (await fetch(`${services.urlOf('activity')}/metrics`)).text()
  return Number(
    /^listener_dead_letters\{[^}]*status="OPEN"[^}]*\} (\d+)/m.exec(text)?.[1] ?? Number.NaN,
  )
}

/** Poison is no member's: it is put aside when its fault has been looked at. */
const archiveDeadLetters = ({ sql }: World) =>
  sql`update activity.dead_letter set status = 'ARCHIVED' where status = 'OPEN'`

export const listenerFaults: readonly Fault[] = [
  {
    id: 'F6',
    title: 'activity-svc killed between effect and commit of offsets',
    isQuick: true,
    async run(world) {
      for (let kills = 0; kills < 2; kills += 1) {
        const before = await recordCount(world)
        // What is read takes effect; that it did cannot be told to the brokers.
        world.links.listen.hold()
        await sleep(300)
        await world.services.end('activity', 'SIGKILL')
        world.links.listen.open()
        world.links.listen.cut()
        await checkCommittedPrefix(world)
        await world.services.start('activity')
        await until('records are made again', async () => (await recordCount(world)) > before, 60)
      }
    },
  },
  {
    id: 'F7',
    title: 'activity-svc killed between mark in the inbox and effect',
    async run(world) {
      // The transaction has marked its events, and waits for the table of its effect.
      const holding = world.sql.begin(async (sql) => {
        await sql`lock table activity.interest in exclusive mode`
        await until(
          'a transaction waits for the lock',
          async () =>
            (
              await world.sql`select from pg_locks where not granted and relation = 'activity.interest'::regclass`
            ).length > 0,
        )
        await world.services.end('activity', 'SIGKILL')
      })
      await holding
      await checkCommittedPrefix(world)
      await world.services.start('activity')
    },
  },
  {
    id: 'F8',
    title: 'members of the group come and go while it works',
    async run(world) {
      for (let round = 0; round < 3; round += 1) {
        await world.services.start('activity', { number: 1 })
        await sleep(2_000)
        await world.services.end('activity', 'SIGTERM', round % 2)
        if (round % 2 === 0) await world.services.start('activity')
        await sleep(1_000)
        await world.services.end('activity', 'SIGTERM', 1)
        if (!world.services.isRunning('activity')) await world.services.start('activity')
      }
      await checkCommittedPrefix(world)
    },
  },
  {
    id: 'F9',
    title: 'activity-svc paused for longer than its session, another takes over',
    async run(world) {
      await world.services.start('activity', { number: 1 })
      await sleep(1_500)
      world.services.signal('activity', 'SIGSTOP')
      await sleep(14_000)
      world.services.signal('activity', 'SIGCONT')
      await sleep(2_000)
      await checkCommittedPrefix(world)
      await world.services.end('activity', 'SIGTERM', 1)
    },
  },
  {
    id: 'F10',
    title: 'poison: no JSON, not valid, of an unknown version, among good events',
    isQuick: true,
    async run(world) {
      const [good] = await readRecords(world)
      const event = JSON.parse(String(good?.value))
      const poison = [
        '{"half',
        JSON.stringify({ ...event, memberId: 'nobody' }),
        JSON.stringify({ ...event, schemaVersion: 99 }),
      ]
      await sendRecords(
        world,
        poison.map((value, n) => ({ key: `post:${n}`, value: Buffer.from(value) })),
      )
      try {
        await until('three dead letters', async () => (await deadLetters(world)) >= poison.length)
        const rows =
          await world.sql`select topic, partition, record_offset, error_message, convert_from(payload, 'utf8') as payload from activity.dead_letter where status = 'OPEN'`
        const found = rows.filter(
          (row) =>
            poison.includes(row['payload']) &&
            row['topic'] === world.topic() &&
            row['record_offset'] !== null &&
            row['error_message'] !== '',
        )
        if (rows.length !== poison.length || found.length !== poison.length)
          throw new Error(
            `${rows.length} dead letters, ${found.length} of them with their origin, of ${poison.length}`,
          )
        if ((await deadLettersInMetrics(world)) !== poison.length)
          throw new Error('the metrics do not show the dead letters')
      } finally {
        await archiveDeadLetters(world)
      }
    },
  },
  {
    id: 'F11',
    title: 'PostgreSQL cannot be reached by activity-svc',
    isQuick: true,
    async run(world) {
      world.links.database['activity']?.close()
      await sleep(6_000)
      await checkCommittedPrefix(world)
      world.links.database['activity']?.open()
      if ((await deadLetters(world)) > 0)
        throw new Error('events became dead letters because the database was away')
    },
  },
  {
    id: 'F11b',
    title: 'PostgreSQL killed and started again under everybody',
    async run(world) {
      process.kill(world.services.database.server.pid, 'SIGKILL')
      await until(
        'PostgreSQL is there again',
        async () => (await world.sql`select 1`.catch(() => [])).length === 1,
        60,
      )
      await sleep(2_000)
      for (const service of ['member', 'content', 'timeline', 'activity', 'search'] as const)
        if (!world.services.isRunning(service))
          throw new Error(`${service}-svc ended: ${world.services.outputOf(service).slice(-2_000)}`)
      if ((await deadLetters(world)) > 0)
        throw new Error('events became dead letters because the database was away')
    },
    refuses: 'there is no database to write to',
  },
  {
    id: 'F12',
    title: 'Redis flushed, then killed and started again',
    isQuick: true,
    async run({ redis }) {
      const client = openRedis(redis.url)
      await until('Redis is flushed', async () =>
        clearRedis(client).then(
          () => true,
          () => false,
        ),
      )
      await client.close()
      await sleep(1_000)
      await redis.server.kill()
      await sleep(3_000)
      await redis.server.start()
      await redis.untilReady()
      await sleep(1_000)
    },
  },
  {
    id: 'F13',
    title: 'a dead letter cannot be written',
    async run(world) {
      await world.sql`revoke insert on activity.dead_letter from dailyfeed_activity`
      try {
        await sendRecords(world, [{ key: 'post:1', value: Buffer.from('{"cannot be read') }])
        await sleep(5_000)
        await checkCommittedPrefix(world)
        if ((await deadLetters(world)) > 0)
          throw new Error('there is a dead letter that could not be written')
      } finally {
        await world.sql`grant insert on activity.dead_letter to dailyfeed_activity`
      }
      await until('the dead letter', async () => (await deadLetters(world)) === 1)
      await archiveDeadLetters(world)
    },
  },
  {
    id: 'F14',
    title: 'everything of today sent again, twice and in wrong order',
    isQuick: true,
    async run(world) {
      const records = (await readRecords(world))
        .slice(-3_000)
        .map(({ key, value }) => ({ key: String(key), value: value as Buffer }))
      const mixed = [...records, ...records]
        .map((record) => ({ record, place: world.random.below(1_000_000) }))
        .sort((a, b) => a.place - b.place)
      for (let from = 0; from < mixed.length; from += 500)
        await sendRecords(
          world,
          mixed.slice(from, from + 500).map(({ record }) => record),
        )
    },
  },
  {
    id: 'F21',
    title: 'like, take back, like: and the taking back arrives first',
    isQuick: true,
    async run(world) {
      const [author, fan] = world.members
      const url = world.services.urlOf('content')
      const ask = async (
        bearer: string | undefined,
        method: string,
        path: string,
        body?: object,
      ) => {
        const answer = await fetch(`${url}${path}`, {
          method,
          headers: {
            authorization: bearer ?? '',
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          body: body === undefined ? null : JSON.stringify(body),
        })
        if (!answer.ok) throw new Error(`${path} answered ${answer.status}`)
        return (await answer.json()) as { data: { id: number } }
      }
      const { data } = await ask(author?.bearer, 'POST', '/api/posts', {
        content: `liked again ${world.random.below(1_000_000_000)}`,
      })
      // The taking back goes another way, and is there before what it takes back.
      world.links.listen.hold()
      for (const method of ['POST', 'DELETE', 'POST'])
        await ask(fan?.bearer, method, `/api/posts/${data.id}/like`)
      const events = await world.sql<{ text: string }[]>`
        select ${eventText(world.sql)} as text from content.outbox where post_id = ${data.id} and activity_type like 'LIKE%' order by version desc`
      const token = world.services.internalTokenOf('content')
      for (const { text } of events)
        await fetch(`${world.services.urlOf('activity')}/internal/member-activity-events`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', [INTERNAL_TOKEN]: token },
          body: `{"events":[${toEventJson(text)}]}`,
        })
      world.links.listen.open()
    },
  },
]

async function recordCount({ sql }: World): Promise<number> {
  const [row] = await sql<[{ count: number }]>`select count(*) as count from activity.record`
  return row.count
}

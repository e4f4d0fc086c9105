import { setTimeout as sleep } from 'node:timers/promises'
import { parseEvent, readRecords } from './records.ts'
import type { Fault } from './fault.ts'
import { settle, until, type World } from './world.ts'

/** Events that the brokers acknowledged, and that stand in no topic any more. */
async function vanished(world: World): Promise<number> {
  const there = new Set((await readRecords(world)).map(({ value }) => parseEvent(value)?.eventId))
  const sent = await world.sql<{ event_id: string }[]>`
    select event_id from content.outbox where not exists (select from content.outbox_pending pending where pending.event_id = outbox.event_id)
    union all
    select event_id from timeline.outbox where not exists (select from timeline.outbox_pending pending where pending.event_id = outbox.event_id)`
  return sent.filter(({ event_id }) => !there.has(event_id)).length
}

const READS = 40_000

/** Looks at a post, straight in the outbox of timeline-svc: more than members here could do. */
async function readByThousands({ sql, members }: World): Promise<void> {
  const reader = members[0]?.id ?? 0
  await sql`
    with post as (select id, created_at from content.post where author_id <> ${reader} order by id desc limit 1), event as (
      insert into timeline.outbox (activity_type, message_key, version, member_id, post_id, created_at, updated_at)
      select 'POST_READ', 'member_activity:kafka_event:POST_READ###' || id || '###' || ${reader} || '###' || clock_timestamp() || n, 1, ${reader}, id, created_at, created_at
      from post, generate_series(1, ${READS}) n returning event_id
    )
    insert into timeline.outbox_pending (event_id, destination) select event_id, 'kafka' from event`
}

async function waitingReads({ sql }: World): Promise<number> {
  const [row] = await sql<
    [{ count: number }]
  >`select count(*) as count from timeline.outbox_pending where status = 'PENDING'`
  return row.count
}

/** Of three brokers. */
export const clusterFaults: readonly (Fault & { note?: string })[] = [
  {
    id: 'F4',
    title:
      'leaders killed under load, acks = 1, three brokers: what vanished is found and delivered again',
    async run(world) {
      for (const node of world.kafka.nodes) {
        // As fast as a relay can: some records are not copied yet when their leader goes.
        await readByThousands(world)
        await until(
          'the relay is in the middle of it',
          async () => (await waitingReads(world)) < READS * 0.8,
        )
        await node.kill()
        await sleep(5_000)
        await node.start()
        await world.kafka.untilReady(3)
        // Replicas catch up before the next one goes: two of three must be in sync.
        await sleep(6_000)
      }
      await world.load.stop()
      await until(
        'everything is sent',
        async () =>
          (await waitingReads(world)) === 0 &&
          (await world.sql`select from content.outbox_pending where status = 'PENDING' limit 1`)
            .length === 0,
        60,
      )
      lastVanished = await vanished(world)
      await sleep(2_500)
      // As its schedule does: until there is nothing to find.
      for (let round = 0; round < 3; round += 1) {
        for (const service of ['content', 'timeline', 'member'] as const)
          await world.job(service, 'eventReconcileJob')
        await sleep(1_000)
      }
      world.load.start()
    },
  },
  {
    id: 'F5',
    title: 'topics without leaders: two of three brokers gone',
    async run(world) {
      await Promise.all(world.kafka.nodes.slice(1).map((node) => node.kill()))
      await sleep(8_000)
      const rows =
        await world.sql`select from content.outbox_pending where status = 'PENDING' limit 1`
      if (rows.length === 0) throw new Error('events were taken by brokers that cannot have them')
      await Promise.all(world.kafka.nodes.slice(1).map((node) => node.start()))
      await world.kafka.untilReady(3)
      await sleep(5_000)
      await world.load.stop()
      await settle(world, 60)
      for (const service of ['content', 'timeline', 'member'] as const)
        await world.job(service, 'eventReconcileJob')
    },
  },
]

let lastVanished = 0
/** Of the last run of F4: told in the report, since it is what acks = 1 costs without reconciling. */
export const vanishedInLeaderKill = (): number => lastVanished

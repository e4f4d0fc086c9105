import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../eventually.ts'
import type { FaultEnvironment } from './environment.ts'
import type { Fault } from './fault.ts'
import { parseEvent, readRecords } from './records.ts'
import { awaitSentEvents, awaitWrites, reconcile, awaitEffects } from './effects.ts'

/** The number of events that brokers acknowledged although no topic contains them any more. */
async function countVanished(environment: FaultEnvironment): Promise<number> {
  const records = await readRecords(environment)
  const contained = new Set(records.map(({ value }) => parseEvent(value)?.eventId))
  const sent = await environment.sql<{ event_id: string }[]>`
    select event_id from content.outbox
    where event_id not in (select event_id from content.outbox_pending)
    union all
    select event_id from timeline.outbox
    where event_id not in (select event_id from timeline.outbox_pending)`
  return sent.filter(({ event_id }) => !contained.has(event_id)).length
}

const EXTRA_VIEWS = 40_000

/** Inserts views into the outbox of timeline-svc: more than the members of the load could cause. */
async function insertViews({ sql, members }: FaultEnvironment): Promise<void> {
  const reader = members[0]?.id ?? 0
  await sql`
    with post as (
      select id, created_at from content.post
      where author_id <> ${reader} order by id desc limit 1
    ), event as (
      insert into timeline.outbox
        (activity_type, message_key, version, member_id, post_id, created_at, updated_at)
      select
        'POST_READ',
        concat_ws(
          '###', 'member_activity:kafka_event:POST_READ', id, ${reader}::bigint,
          clock_timestamp()::text || n),
        1, ${reader}, id, created_at, created_at
      from post, generate_series(1, ${EXTRA_VIEWS}) n
      returning event_id
    )
    insert into timeline.outbox_pending (event_id, destination) select event_id, 'kafka' from event`
}

async function countPendingViews({ sql }: FaultEnvironment): Promise<number> {
  const [row] = await sql<
    [{ count: number }]
  >`select count(*) as count from timeline.outbox_pending where status = 'PENDING'`
  return row.count
}

/** Replicas catch up in this time, before the next broker is killed: two of three must be in sync. */
const CATCH_UP_MS = 6_000
/** Clients notice the loss of their brokers in this time. */
const OUTAGE_MS = 5_000

/** Faults of a cluster of three brokers. */
export const clusterFaults: readonly Fault[] = [
  {
    id: 'F4',
    title: 'leaders are killed under load with acks = 1; lost events are found and delivered again',
    async run(environment) {
      for (const node of environment.kafka.nodes) {
        // The relay sends so fast that some records are not replicated when their leader is killed.
        await insertViews(environment)
        await eventually(
          'the relay has sent a fifth of the views',
          () => countPendingViews(environment),
          (pending) => pending < EXTRA_VIEWS * 0.8,
        )
        await node.kill()
        await sleep(OUTAGE_MS)
        await node.start()
        await environment.kafka.untilReady(3)
        await sleep(CATCH_UP_MS)
      }
      await environment.load.stop()
      await awaitSentEvents(environment)
      lostByLeaderKill = await countVanished(environment)
      // As often as the schedule would, until the job finds nothing.
      for (let round = 0; round < 3; round += 1) await reconcile(environment)
      environment.load.start()
    },
  },
  {
    id: 'F5',
    title: 'two of three brokers are killed, so that topics have no leader',
    async run(environment) {
      await Promise.all(environment.kafka.nodes.slice(1).map((node) => node.kill()))
      await awaitWrites(environment, 500)
      const rows = await environment.sql`
        select from content.outbox_pending where status = 'PENDING' limit 1`
      if (rows.count === 0) throw new Error('brokers without a leader acknowledged every event')
      await Promise.all(environment.kafka.nodes.slice(1).map((node) => node.start()))
      await environment.kafka.untilReady(3)
      await awaitWrites(environment, 300)
      await environment.load.stop()
      await awaitEffects(environment, 60)
      await reconcile(environment)
    },
  },
]

let lostByLeaderKill = 0
/** The events that acks = 1 lost in the last run of F4, before reconciling published them again. */
export const countLostByLeaderKill = (): number => lostByLeaderKill

import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from './fault.ts'
import { until, type World } from './world.ts'

const waiting = async ({ sql }: World): Promise<number> => {
  const [row] = await sql<
    [{ count: number }]
  >`select count(*) as count from content.outbox_pending where status = 'PENDING'`
  return row.count
}

/** p99 of the acknowledged writes of a time, in milliseconds. */
function p99(world: World, from: number, to: number): number {
  const times = world.load.ledger.times
    .filter(({ at }) => at >= from && at < to)
    .map(({ took }) => took)
  return times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? Number.NaN
}

export const publisherFaults: readonly Fault[] = [
  {
    id: 'F1',
    title: 'connections to the broker cut in the middle of sends',
    isQuick: true,
    async run({ links, random }) {
      for (let cuts = 0; cuts < 15; cuts += 1) {
        links.publish.cut()
        await sleep(100 + random.below(300))
      }
    },
  },
  {
    id: 'F2',
    title: 'the broker hangs: connections stay, no answer comes',
    async run(world) {
      await world.kafka.nodes[0]?.pause()
      await until('events wait in the outbox', async () => (await waiting(world)) > 20)
      await until(
        'the send is given up',
        async () =>
          (await world.sql`select from content.outbox_pending where attempts > 0 limit 1`).length >
          0,
        8,
      )
      await sleep(4_000)
      world.kafka.nodes[0]?.resume()
    },
  },
  {
    id: 'F3',
    title: 'the broker is down, then comes back',
    isQuick: true,
    async run(world) {
      const startedAt = performance.now()
      await sleep(3_000)
      const downAt = performance.now()
      await world.kafka.nodes[0]?.kill()
      await sleep(10_000)
      const upAt = performance.now()
      await world.kafka.nodes[0]?.start()
      await world.kafka.untilReady()
      const [before, during] = [p99(world, startedAt, downAt), p99(world, downAt, upAt)]
      if (!(during <= before * 1.5 + 20))
        throw new Error(
          `writes took ${during.toFixed(0)} ms (p99) without the broker, ${before.toFixed(0)} ms with it`,
        )
    },
  },
  {
    id: 'F16',
    title: 'today’s topic cannot be made',
    async run(world) {
      // More copies than there are brokers; another prefix, of which no topic is there yet.
      const denied = { KAFKA_REPLICATION_FACTOR: '3', KAFKA_TOPIC: 'denied' }
      await world.services.start('content', { number: 1, env: denied })
      await world.services.end('content', 'SIGTERM', 0)
      world.contentReplicas.clear()
      world.contentReplicas.add(1)
      await until('the dead letters say why', async () => {
        const rows =
          await world.sql`select from content.outbox_pending where last_error like '%Replication factor%' limit 1`
        return rows.length > 0
      })
      await world.services.start('content')
      world.contentReplicas.add(0)
      world.contentReplicas.delete(1)
      await world.services.end('content', 'SIGTERM', 1)
    },
    refuses: 'content-svc is replaced twice',
  },
  {
    id: 'F19',
    title: 'two relays and two restore jobs at once',
    isQuick: true,
    async run(world) {
      await world.services.start('content', { number: 1 })
      world.contentReplicas.add(1)
      for (let round = 0; round < 8; round += 1) {
        await Promise.all([
          world.job('content', 'publishDeadletterRestoreJob', 0),
          world.job('content', 'publishDeadletterRestoreJob', 1),
        ])
        if (round === 3) world.links.publish.cut()
        await sleep(400)
      }
      world.contentReplicas.delete(1)
      // Requests that are on their way to it are answered first.
      await sleep(300)
      await world.services.end('content', 'SIGTERM', 1)
    },
  },
  {
    id: 'F22',
    title: 'content-svc killed between its commit and the send',
    isQuick: true,
    async run(world) {
      world.links.publish.hold()
      await until('events wait in the outbox', async () => (await waiting(world)) > 20)
      await world.services.end('content', 'SIGKILL')
      world.links.publish.open()
      world.links.publish.cut()
      await world.services.start('content')
    },
    refuses: 'content-svc is killed',
  },
  {
    id: 'F24',
    title: 'every service ended with SIGTERM under load and started again',
    isQuick: true,
    async run(world) {
      await world.services.start('content', { number: 1 })
      world.contentReplicas.add(1)
      world.contentReplicas.delete(0)
      await sleep(500)
      for (const service of ['content', 'activity', 'search'] as const) {
        await world.services.end(service, 'SIGTERM')
        await world.services.start(service)
      }
      world.contentReplicas.add(0)
      world.contentReplicas.delete(1)
      await sleep(500)
      await world.services.end('content', 'SIGTERM', 1)
    },
  },
]

import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../eventually.ts'
import type { FaultEnvironment } from './environment.ts'
import type { Fault } from './fault.ts'
import { awaitWrites } from './effects.ts'

async function awaitPending({ sql }: FaultEnvironment, count: number): Promise<void> {
  await eventually(
    `${count} events are pending in the outbox`,
    async () =>
      (await sql`select from content.outbox_pending where status = 'PENDING' limit ${count}`).count,
    (pending) => pending === count,
  )
}

async function awaitFailedSend({ sql }: FaultEnvironment): Promise<void> {
  await eventually(
    'a send has failed',
    async () =>
      (await sql`select from content.outbox_pending where attempts > 0 limit 1`).count === 1,
  )
}

/** The median latency in milliseconds of the last acknowledged writes. */
function medianOfLast({ load }: FaultEnvironment, count: number): number {
  const latencies = load.ledger.latencies.slice(-count).map(({ took }) => took)
  return latencies.sort((a, b) => a - b)[Math.floor(latencies.length / 2)] ?? Number.NaN
}

export const publisherFaults: readonly Fault[] = [
  {
    id: 'F1',
    title: 'connections to the broker cut in the middle of sends',
    isQuick: true,
    async run({ links, random }) {
      for (let cuts = 0; cuts < 15; cuts += 1) {
        links.publish.cut()
        // At a random moment of the next sends.
        await sleep(100 + random.below(300))
      }
    },
  },
  {
    id: 'F2',
    title: 'the broker hangs: connections stay open without answers',
    async run(environment) {
      await environment.kafka.nodes[0]?.pause()
      await awaitPending(environment, 20)
      await awaitFailedSend(environment)
      await awaitPending(environment, 300)
      environment.kafka.nodes[0]?.resume()
    },
  },
  {
    id: 'F3',
    title: 'the broker is down, then comes back',
    isQuick: true,
    async run(environment) {
      const writes = 200
      await awaitWrites(environment, writes)
      const before = medianOfLast(environment, writes)
      await environment.kafka.nodes[0]?.kill()
      await awaitFailedSend(environment)
      await awaitWrites(environment, writes)
      const during = medianOfLast(environment, writes)
      await environment.kafka.nodes[0]?.start()
      await environment.kafka.untilReady()
      // A write that waited for the broker would take seconds. The exact figure is measured by
      // `npm run bench -- events`.
      if (!(during <= before * 5))
        throw new Error(
          `the median write took ${during.toFixed(1)} ms without the broker, ${before.toFixed(1)} ms with it`,
        )
    },
  },
  {
    id: 'F16',
    title: 'today’s topic cannot be created',
    async run(environment) {
      // More replicas than brokers, and a prefix of which no topic exists yet.
      const denied = { KAFKA_REPLICATION_FACTOR: '3', KAFKA_TOPIC: 'denied' }
      await environment.services.start('content', { number: 1, env: denied })
      await environment.services.end('content', 'SIGTERM', 0)
      environment.contentReplicas.clear()
      environment.contentReplicas.add(1)
      await eventually(
        'a pending event names the cause',
        async () =>
          (
            await environment.sql`
              select from content.outbox_pending
              where last_error like '%Replication factor%' limit 1`
          ).count === 1,
      )
      await environment.services.start('content')
      environment.contentReplicas.add(0)
      environment.contentReplicas.delete(1)
      await environment.services.end('content', 'SIGTERM', 1)
    },
    expectedRefusals: 'content-svc is replaced twice',
  },
  {
    id: 'F19',
    title: 'two relays and two restore jobs at once',
    isQuick: true,
    async run(environment) {
      await environment.services.start('content', { number: 1 })
      environment.contentReplicas.add(1)
      for (let round = 0; round < 8; round += 1) {
        await Promise.all([
          environment.job('content', 'publishDeadletterRestoreJob', 0),
          environment.job('content', 'publishDeadletterRestoreJob', 1),
        ])
        if (round === 3) environment.links.publish.cut()
        await awaitWrites(environment, 30)
      }
      environment.contentReplicas.delete(1)
      await environment.load.drain()
      await environment.services.end('content', 'SIGTERM', 1)
    },
  },
  {
    id: 'F22',
    title: 'content-svc killed between its commit and the send',
    isQuick: true,
    async run(environment) {
      environment.links.publish.hold()
      await awaitPending(environment, 20)
      await environment.services.end('content', 'SIGKILL')
      environment.links.publish.open()
      environment.links.publish.cut()
      await environment.services.start('content')
    },
    expectedRefusals: 'content-svc is killed',
  },
  {
    id: 'F24',
    title: 'every service ended with SIGTERM under load and started again',
    isQuick: true,
    async run(environment) {
      await environment.services.start('content', { number: 1 })
      environment.contentReplicas.add(1)
      environment.contentReplicas.delete(0)
      await environment.load.drain()
      for (const service of ['content', 'activity', 'search'] as const) {
        await environment.services.end(service, 'SIGTERM')
        await environment.services.start(service)
      }
      environment.contentReplicas.add(0)
      environment.contentReplicas.delete(1)
      await environment.load.drain()
      await environment.services.end('content', 'SIGTERM', 1)
    },
  },
]

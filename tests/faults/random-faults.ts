import { setTimeout as sleep } from 'node:timers/promises'
import type { FaultEnvironment } from './environment.ts'
import type { Fault } from './fault.ts'
import { sendRecords } from './records.ts'
import { awaitSentEvents, reconcile } from './effects.ts'

/** A disturbance that lasts for some seconds, concurrently with others. */
interface Disturbance {
  name: string
  /** The affected part; concurrent disturbances have different targets. */
  target: string
  begin(environment: FaultEnvironment): Promise<unknown> | unknown
  end(environment: FaultEnvironment): Promise<unknown> | unknown
}

const disturbances: readonly Disturbance[] = [
  {
    name: 'broker killed',
    target: 'broker',
    begin: ({ kafka }) => kafka.nodes[0]?.kill(),
    end: ({ kafka }) => kafka.nodes[0]?.start(),
  },
  {
    name: 'broker hangs',
    target: 'broker',
    begin: ({ kafka }) => kafka.nodes[0]?.pause(),
    end: ({ kafka }) => kafka.nodes[0]?.resume(),
  },
  {
    name: 'publishers cut off from the broker',
    target: 'publish',
    begin: ({ links }) => links.publish.close(),
    end: ({ links }) => links.publish.open(),
  },
  {
    name: 'publishers’ link silent',
    target: 'publish',
    begin: ({ links }) => links.publish.hold(),
    end: ({ links }) => links.publish.open(),
  },
  {
    name: 'publishers’ link slow',
    target: 'publish',
    begin: ({ links }) => links.publish.slow(150),
    end: ({ links }) => links.publish.open(),
  },
  {
    name: 'listeners cut off from the broker',
    target: 'listen',
    begin: ({ links }) => links.listen.close(),
    end: ({ links }) => links.listen.open(),
  },
  {
    name: 'listeners’ link silent',
    target: 'listen',
    begin: ({ links }) => links.listen.hold(),
    end: ({ links }) => links.listen.open(),
  },
  {
    name: 'activity-svc killed',
    target: 'activity',
    begin: ({ services }) => services.end('activity', 'SIGKILL'),
    end: ({ services }) => services.start('activity'),
  },
  {
    name: 'activity-svc stopped',
    target: 'activity',
    begin: ({ services }) => services.end('activity', 'SIGTERM'),
    end: ({ services }) => services.start('activity'),
  },
  {
    name: 'activity-svc paused',
    target: 'activity',
    begin: ({ services }) => services.signal('activity', 'SIGSTOP'),
    end: ({ services }) => services.signal('activity', 'SIGCONT'),
  },
  {
    name: 'content-svc killed',
    target: 'content',
    begin: ({ services }) => services.end('content', 'SIGKILL'),
    end: ({ services }) => services.start('content'),
  },
  {
    name: 'content-svc paused',
    target: 'content',
    begin: ({ services }) => services.signal('content', 'SIGSTOP'),
    end: ({ services }) => services.signal('content', 'SIGCONT'),
  },
  {
    name: 'search-svc killed',
    target: 'search',
    begin: ({ services }) => services.end('search', 'SIGKILL'),
    end: ({ services }) => services.start('search'),
  },
  {
    name: 'activity-svc without its database',
    target: 'activity database',
    begin: ({ links }) => links.database['activity']?.close(),
    end: ({ links }) => links.database['activity']?.open(),
  },
  {
    name: 'content-svc without its database',
    target: 'content database',
    begin: ({ links }) => links.database['content']?.close(),
    end: ({ links }) => links.database['content']?.open(),
  },
  {
    name: 'activity-svc’s database silent',
    target: 'activity database',
    begin: ({ links }) => links.database['activity']?.hold(),
    end: ({ links }) => links.database['activity']?.open(),
  },
  {
    name: 'content-svc’s connections to its database cut',
    target: 'content database',
    begin: ({ links }) => links.database['content']?.cut(),
    end: ({ links }) => links.database['content']?.cut(),
  },
  {
    name: 'PostgreSQL killed',
    target: 'database',
    begin: ({ services }) => process.kill(services.database.server.pid, 'SIGKILL'),
    end: () => {},
  },
  {
    name: 'Redis killed',
    target: 'redis',
    begin: ({ redis }) => redis.server.kill(),
    end: ({ redis }) => redis.server.start(),
  },
  {
    name: 'Redis silent',
    target: 'redis',
    begin: ({ links }) => links.redis.hold(),
    end: ({ links }) => links.redis.open(),
  },
  {
    name: 'poison in the topic',
    target: 'topic',
    begin: (environment) =>
      sendRecords(environment, [
        { key: `post:${environment.random.below(1_000)}`, value: Buffer.from('{"poison') },
      ]).catch(() => {}),
    end: () => {},
  },
  {
    name: 'restore jobs',
    target: 'jobs',
    begin: (environment) =>
      Promise.allSettled([
        environment.job('content', 'publishDeadletterRestoreJob'),
        environment.job('activity', 'listenerDeadletterRestoreJob'),
      ]),
    end: () => {},
  },
]

interface RandomFaultsOptions {
  seconds: number
  /** The maximum duration of one disturbance. */
  longestSeconds?: number
  say(line: string): void
}

const MAX_CONCURRENT = 3

/** Up to three concurrent disturbances, in an order that the seed determines. */
export const randomFaults = ({
  seconds: total,
  longestSeconds = 20,
  say,
}: RandomFaultsOptions): Fault => ({
  id: 'random',
  title: `random disturbances for ${total} s`,
  expectedRefusals: 'services and databases go away',
  async run(environment) {
    const { random } = environment
    const startedAt = performance.now()
    const elapsedSeconds = () => (performance.now() - startedAt) / 1_000
    const disturbed = new Set<string>()
    const running = new Set<Promise<void>>()
    while (elapsedSeconds() < total) {
      const free = disturbances.filter(({ target }) => !disturbed.has(target))
      const chosen = random.pick(free)
      const seconds = 1 + random.below(longestSeconds)
      const secondsUntilNext = 1 + random.below(6)
      if (disturbed.size < MAX_CONCURRENT) {
        disturbed.add(chosen.target)
        say(`${elapsedSeconds().toFixed(0).padStart(4)} s  ${chosen.name} for ${seconds} s`)
        const disturbance: Promise<void> = disturb(environment, chosen, seconds).finally(() => {
          disturbed.delete(chosen.target)
          running.delete(disturbance)
        })
        running.add(disturbance)
      }
      await sleep(secondsUntilNext * 1_000)
    }
    await Promise.all(running)
    await environment.kafka.untilReady()
    // With acks = 1 a broker may lose acknowledged events; the scheduled job would find them.
    await environment.load.stop()
    await awaitSentEvents(environment)
    await reconcile(environment)
    await environment.sql`
      update activity.dead_letter set status = 'ARCHIVED'
      where convert_from(payload, 'utf8') = '{"poison'`
    for (let round = 0; round < 3; round += 1)
      await environment.job('activity', 'listenerDeadletterRestoreJob')
  },
})

async function disturb(
  environment: FaultEnvironment,
  { begin, end }: Disturbance,
  seconds: number,
): Promise<void> {
  await begin(environment)
  await sleep(seconds * 1_000)
  await end(environment)
}

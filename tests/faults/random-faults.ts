import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from './fault.ts'
import { sendRecords } from './records.ts'
import type { World } from './world.ts'

/** A disturbance that lasts a while, beside others. */
interface Disturbance {
  name: string
  /** What it takes hold of: no two at once take hold of the same. */
  of: string
  begin(world: World): Promise<unknown> | unknown
  end(world: World): Promise<unknown> | unknown
}

const disturbances: readonly Disturbance[] = [
  {
    name: 'broker killed',
    of: 'broker',
    begin: ({ kafka }) => kafka.nodes[0]?.kill(),
    end: ({ kafka }) => kafka.nodes[0]?.start(),
  },
  {
    name: 'broker hangs',
    of: 'broker',
    begin: ({ kafka }) => kafka.nodes[0]?.pause(),
    end: ({ kafka }) => kafka.nodes[0]?.resume(),
  },
  {
    name: 'publishers cut off from the broker',
    of: 'publish',
    begin: ({ links }) => links.publish.close(),
    end: ({ links }) => links.publish.open(),
  },
  {
    name: 'publishers’ link silent',
    of: 'publish',
    begin: ({ links }) => links.publish.hold(),
    end: ({ links }) => links.publish.open(),
  },
  {
    name: 'publishers’ link slow',
    of: 'publish',
    begin: ({ links }) => links.publish.slow(150),
    end: ({ links }) => links.publish.open(),
  },
  {
    name: 'listeners cut off from the broker',
    of: 'listen',
    begin: ({ links }) => links.listen.close(),
    end: ({ links }) => links.listen.open(),
  },
  {
    name: 'listeners’ link silent',
    of: 'listen',
    begin: ({ links }) => links.listen.hold(),
    end: ({ links }) => links.listen.open(),
  },
  {
    name: 'activity-svc killed',
    of: 'activity',
    begin: ({ services }) => services.end('activity', 'SIGKILL'),
    end: ({ services }) => services.start('activity'),
  },
  {
    name: 'activity-svc stopped',
    of: 'activity',
    begin: ({ services }) => services.end('activity', 'SIGTERM'),
    end: ({ services }) => services.start('activity'),
  },
  {
    name: 'activity-svc paused',
    of: 'activity',
    begin: ({ services }) => services.signal('activity', 'SIGSTOP'),
    end: ({ services }) => services.signal('activity', 'SIGCONT'),
  },
  {
    name: 'content-svc killed',
    of: 'content',
    begin: ({ services }) => services.end('content', 'SIGKILL'),
    end: ({ services }) => services.start('content'),
  },
  {
    name: 'content-svc paused',
    of: 'content',
    begin: ({ services }) => services.signal('content', 'SIGSTOP'),
    end: ({ services }) => services.signal('content', 'SIGCONT'),
  },
  {
    name: 'search-svc killed',
    of: 'search',
    begin: ({ services }) => services.end('search', 'SIGKILL'),
    end: ({ services }) => services.start('search'),
  },
  {
    name: 'activity-svc without its database',
    of: 'activity database',
    begin: ({ links }) => links.database['activity']?.close(),
    end: ({ links }) => links.database['activity']?.open(),
  },
  {
    name: 'content-svc without its database',
    of: 'content database',
    begin: ({ links }) => links.database['content']?.close(),
    end: ({ links }) => links.database['content']?.open(),
  },
  {
    name: 'activity-svc’s database silent',
    of: 'activity database',
    begin: ({ links }) => links.database['activity']?.hold(),
    end: ({ links }) => links.database['activity']?.open(),
  },
  {
    name: 'content-svc’s connections to its database cut',
    of: 'content database',
    begin: ({ links }) => links.database['content']?.cut(),
    end: ({ links }) => links.database['content']?.cut(),
  },
  {
    name: 'PostgreSQL killed',
    of: 'database',
    begin: ({ services }) => process.kill(services.database.server.pid, 'SIGKILL'),
    end: () => {},
  },
  {
    name: 'Redis killed',
    of: 'redis',
    begin: ({ redis }) => redis.server.kill(),
    end: ({ redis }) => redis.server.start(),
  },
  {
    name: 'Redis silent',
    of: 'redis',
    begin: ({ links }) => links.redis.hold(),
    end: ({ links }) => links.redis.open(),
  },
  {
    name: 'poison in the topic',
    of: 'topic',
    begin: (world) =>
      sendRecords(world, [
        { key: `post:${world.random.below(1_000)}`, value: Buffer.from('{"poison') },
      ]).catch(() => {}),
    end: () => {},
  },
  {
    name: 'restore jobs',
    of: 'jobs',
    begin: (world) =>
      Promise.allSettled([
        world.job('content', 'publishDeadletterRestoreJob'),
        world.job('activity', 'listenerDeadletterRestoreJob'),
      ]),
    end: () => {},
  },
]

interface RandomFaultsOptions {
  seconds: number
  /** Of one disturbance. */
  longestSeconds?: number
  say(line: string): void
}

/** Up to three disturbances at once, in an order that the seed gives. */
export const randomFaults = ({
  seconds: total,
  longestSeconds = 20,
  say,
}: RandomFaultsOptions): Fault => ({
  id: 'random',
  title: `disturbances at random for ${total} s`,
  refuses: 'services and databases go away',
  async run(world) {
    const { random } = world
    const startedAt = performance.now()
    const secondsGone = () => (performance.now() - startedAt) / 1_000
    const taken = new Set<string>()
    const going = new Set<Promise<void>>()
    while (secondsGone() < total) {
      const free = disturbances.filter(({ of }) => !taken.has(of))
      const chosen = random.pick(free)
      const seconds = 1 + random.below(longestSeconds)
      const rest = 1 + random.below(6)
      if (taken.size < 3) {
        taken.add(chosen.of)
        say(`${secondsGone().toFixed(0).padStart(4)} s  ${chosen.name} for ${seconds} s`)
        const disturbed: Promise<void> = disturb(world, chosen, seconds).finally(() => {
          taken.delete(chosen.of)
          going.delete(disturbed)
        })
        going.add(disturbed)
      }
      await sleep(rest * 1_000)
    }
    await Promise.all(going)
    await world.kafka.untilReady()
    // What acks = 1 may have lost is asked after, as its schedule would.
    await world.load.stop()
    await sleep(5_000)
    for (const service of ['content', 'timeline', 'member'] as const)
      await world.job(service, 'eventReconcileJob')
    await world.sql`update activity.dead_letter set status = 'ARCHIVED' where convert_from(payload, 'utf8') = '{"poison'`
    for (let round = 0; round < 3; round += 1)
      await world.job('activity', 'listenerDeadletterRestoreJob')
  },
})

async function disturb(world: World, { begin, end }: Disturbance, seconds: number): Promise<void> {
  await begin(world)
  await sleep(seconds * 1_000)
  await end(world)
}

import { SERVICE_NAMES, type ServiceName, urlSettingOf } from '@dailyfeed/contract/services'
import { startKafkaBehindLinks } from '../faults/links.ts'
import { eventually } from '../eventually.ts'
import { startOwnDatabase } from '../own-database.ts'
import { startTestRedis } from '../redis.ts'
import { startReplica } from '../replica.ts'
import { type SeparateServices, startSeparateServices } from '../separate-services.ts'
import { startTcpProxy } from '../tcp-proxy.ts'
import { type Part, replicaPart, serverPart, servicePart } from './parts.ts'

/** Every service in a process of its own over real servers, with a link in front of each part. */
export interface DegradationEnvironment {
  services: SeparateServices
  parts: ReadonlyMap<string, Part>
  stop(): Promise<void>
}

interface EnvironmentOptions {
  /** Whether to start Apache Kafka; without it events travel over HTTP. */
  withKafka: boolean
}

const BROKEN_SERVICES = ['member', 'activity', 'timeline', 'search', 'image'] as const

export async function startDegradationEnvironment(
  options: EnvironmentOptions,
): Promise<DegradationEnvironment> {
  const resources = new AsyncDisposableStack()
  try {
    return await startAll(resources, options)
  } catch (error) {
    await resources.disposeAsync()
    throw error
  }
}

async function startAll(
  resources: AsyncDisposableStack,
  { withKafka }: EnvironmentOptions,
): Promise<DegradationEnvironment> {
  const linkTo = async (target: { port: number }) =>
    resources.adopt(await startTcpProxy(target), (link) => link.stop())
  const database = await startOwnDatabase()
  const owned = resources.use(new AsyncDisposableStack())
  owned.defer(() => database.stop())
  const replica = await startReplica(database)
  const replicaTarget = { port: portOf(replica.urlOf('timeline')) }
  const replicaLink = await linkTo(replicaTarget)
  const redis = resources.adopt(await startTestRedis(), (it) => it.stop())
  const redisLink = await linkTo({ port: portOf(redis.url) })
  const kafka = withKafka ? await startKafkaBehindLinks(1, resources) : undefined

  const shared: Record<string, string> = {
    REDIS_URL: `redis://127.0.0.1:${redisLink.port}`,
    ...(kafka === undefined ? {} : { KAFKA_BROKERS: `127.0.0.1:${kafka.publish.port}` }),
    DATABASE_POOL_MAX: '4',
    // Longer than the whole run, so that no token expires in the middle of it.
    ACCESS_TOKEN_TTL_SECONDS: '7200',
  }
  const services = await startSeparateServices({
    database,
    services: [],
    env: (service): Record<string, string> => ({
      ...shared,
      ...(service === 'timeline' || service === 'search'
        ? { DATABASE_READ_URL: withPort(replica.urlOf(service), replicaLink.port) }
        : {}),
    }),
  })
  // From now on the services stop their database.
  owned.move()
  resources.defer(services.stopAll)
  resources.defer(() => replica.stop())

  const parts: Part[] = [
    serverPart('redis', redis.server, redisLink),
    replicaPart(replica, replicaTarget, replicaLink),
  ]
  if (kafka !== undefined) {
    const [broker] = kafka.kafka.nodes
    if (broker !== undefined) parts.push(serverPart('kafka', broker, kafka.publish))
  }
  for (const service of BROKEN_SERVICES) {
    const link = await linkTo({ port: portOf(services.urlOf(service)) })
    parts.push(servicePart(service, services, link))
    shared[urlSettingOf(service)] = `http://127.0.0.1:${link.port}`
    if (service === 'member')
      shared['JWKS_URL'] = `http://127.0.0.1:${link.port}/.well-known/jwks.json`
  }
  for (const service of SERVICE_NAMES) await services.start(service)
  for (const service of SERVICE_NAMES) await untilReady(services, service)
  return {
    services,
    parts: new Map(parts.map((part) => [part.name, part])),
    stop: () => resources.disposeAsync(),
  }
}

const portOf = (url: string): number => Number(new URL(url).port)

function withPort(url: string, port: number): string {
  const moved = new URL(url)
  moved.port = String(port)
  return moved.href
}

const untilReady = (services: SeparateServices, service: ServiceName) =>
  eventually(`${service}-svc is ready`, async () => {
    const answer = await fetch(`${services.urlOf(service)}/healthz/ready`).catch(() => undefined)
    await answer?.arrayBuffer()
    return answer?.ok
  })

import { INTERNAL_TOKEN } from '@dailyfeed/contract/headers'
import type { ServiceName } from '@dailyfeed/contract/services'
import { datedTopicOf, topicDayOf } from '@dailyfeed/kafka-support/dated-topic'
import type { KafkaConnection } from '@dailyfeed/kafka-support/kafka-settings'
import { createTopicAdmin, lagOf, type TopicAdmin } from '@dailyfeed/kafka-support/topic-admin'
import { groupOf } from '@dailyfeed/kafka-support/consumer-group'
import type { LocalKafka } from '@dailyfeed/platform/kafka/local-kafka'
import type { LocalRedis } from '@dailyfeed/platform/redis/local-redis'
import type { Sql } from 'postgres'
import { ask, clientAt } from '../http-client.ts'
import { type OwnDatabase, startOwnDatabase } from '../own-database.ts'
import { connectAsOwner } from '../owner-connection.ts'
import { startTestRedis } from '../redis.ts'
import { type SeparateServices, startSeparateServices } from '../separate-services.ts'
import { type Links, linkTo, startKafkaBehindLinks, withPort } from './links.ts'
import { createLoad, type Load, type LoadMember } from './load.ts'
import { createRandom, type Random } from './seeded-random.ts'

/** Services in separate processes over real servers, with a link to each server that can be cut. */
export interface FaultEnvironment {
  services: SeparateServices
  kafka: LocalKafka
  redis: LocalRedis
  /** The owner's connection, which bypasses every link. */
  sql: Sql
  admin: TopicAdmin
  connection: KafkaConnection
  load: Load
  random: Random
  links: Links
  members: readonly LoadMember[]
  /** The replicas of content-svc that receive requests. */
  contentReplicas: Set<number>
  /** The name of today's topic. */
  topic(): string
  /** Sends an internal request as batch-svc, and returns the data of its answer. */
  post<Data>(service: ServiceName, path: string, body?: object, replica?: number): Promise<Data>
  job(service: ServiceName, job: string, replica?: number): Promise<Record<string, number>>
  lagOf(service: ServiceName): Promise<number>
  stop(): Promise<void>
}

interface EnvironmentOptions {
  seed: number
  requestsPerSecond?: number
  nodes?: 1 | 3
  /** Settings of every service. */
  env?: Record<string, string>
  /** Settings of PostgreSQL, `name=value`. */
  databaseSettings?: readonly string[]
}

export const FAULT_SERVICES = ['member', 'content', 'timeline', 'activity', 'search'] as const
const LISTENER_SERVICES: readonly ServiceName[] = ['activity', 'search']
const MEMBER_COUNT = 4
export const TOPIC_PREFIX = 'member-activity'
export const TIME_ZONE = 'Asia/Seoul'

export async function startEnvironment({
  seed,
  requestsPerSecond = 120,
  nodes = 1,
  env = {},
  databaseSettings = [],
}: EnvironmentOptions): Promise<FaultEnvironment> {
  const resources = new AsyncDisposableStack()
  const stop = () => resources.disposeAsync()
  try {
    const database = await startOwnDatabase(databaseSettings)
    resources.defer(database.stop)
    const servers = await startServers(nodes, database, resources)
    const { kafka, redis, links } = servers
    const services = await startSeparateServices({
      services: FAULT_SERVICES,
      database,
      env: (service) => ({
        ...settingsOf(service, servers, nodes),
        ...env,
        DATABASE_URL: withPort(
          database.urlOf(service as (typeof FAULT_SERVICES)[number]),
          links.database[service]?.port,
        ),
      }),
    })
    resources.defer(services.stopAll)
    const sql = connectAsOwner(database.ownerUrl, 3)
    resources.defer(() => sql.end({ timeout: 1 }))
    const connection = { brokers: kafka.brokers.split(',') }
    const admin = createTopicAdmin(connection, 'faults')
    resources.defer(() => admin.close())

    const members: LoadMember[] = []
    for (let n = 1; n <= MEMBER_COUNT; n += 1)
      members.push(await signUp(services.urlOf('member'), `writer${n}`))
    const random = createRandom(seed)
    const contentReplicas = new Set([0])
    const load = createLoad({
      members,
      contentUrls: () => [...contentReplicas].map((replica) => services.urlOf('content', replica)),
      timelineUrl: services.urlOf('timeline'),
      random,
      requestsPerSecond,
    })
    resources.defer(load.stop)
    const parts = { services, kafka, redis, sql, admin, connection, load, random, links, members }
    return { ...parts, contentReplicas, ...requestsTo(services, admin), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startServers(
  nodes: 1 | 3,
  database: OwnDatabase,
  resources: AsyncDisposableStack,
): Promise<{ kafka: LocalKafka; redis: LocalRedis; links: Links }> {
  const { kafka, publish, listen } = await startKafkaBehindLinks(nodes, resources)
  const redis = await startTestRedis()
  resources.defer(redis.stop)
  const links: Links = {
    publish,
    listen,
    redis: await linkTo(Number(new URL(redis.url).port), resources),
    database: {},
  }
  for (const service of FAULT_SERVICES)
    links.database[service] = await linkTo(Number(new URL(database.ownerUrl).port), resources)
  return { kafka, redis, links }
}

function settingsOf(
  service: ServiceName,
  { kafka, links }: { kafka: LocalKafka; links: Links },
  nodes: 1 | 3,
): Record<string, string> {
  const link = LISTENER_SERVICES.includes(service) ? links.listen : links.publish
  return {
    KAFKA_BROKERS: nodes === 3 ? kafka.brokers : `127.0.0.1:${link.port}`,
    KAFKA_REPLICATION_FACTOR: String(nodes),
    REDIS_URL: `redis://127.0.0.1:${links.redis.port}`,
  }
}

function requestsTo(
  services: SeparateServices,
  admin: TopicAdmin,
): Pick<FaultEnvironment, 'topic' | 'post' | 'job' | 'lagOf'> {
  const topic = () => datedTopicOf(TOPIC_PREFIX, topicDayOf(new Date(), TIME_ZONE))
  async function post<Data>(
    service: ServiceName,
    url: string,
    body: object = {},
    replica = 0,
  ): Promise<Data> {
    const headers = { [INTERNAL_TOKEN]: services.internalTokenOf('batch') }
    const answer = await ask(clientAt(services.urlOf(service, replica)), { url, body, headers })
    if (answer.status >= 300)
      throw new Error(
        `${service} answered ${answer.status} to ${url}: ${String(answer.bytes).slice(0, 300)}`,
      )
    return answer.body.data
  }
  return {
    topic,
    post,
    job: (service, job, replica) => post(service, `/internal/jobs/${job}`, {}, replica),
    async lagOf(service) {
      const range = (await admin.rangesOf([topic()])).get(topic())
      if (range === undefined) return 0
      return lagOf(range, await admin.committedOffsetsOf(groupOf(service, topic()), topic()))
    },
  }
}

async function signUp(memberUrl: string, handle: string): Promise<LoadMember> {
  const client = clientAt(memberUrl)
  const credentials = { email: `${handle}@example.com`, password: 'correct horse battery staple' }
  const account = { ...credentials, memberName: handle, handle }
  const signup = await ask(client, { url: '/api/authentication/signup', body: account })
  if (signup.status !== 201)
    throw new Error(`sign-up answered ${signup.status}: ${String(signup.bytes)}`)
  const login = await ask(client, { url: '/api/authentication/login', body: credentials })
  return { id: signup.body.data.id, bearer: login.headers.get('authorization') ?? '' }
}

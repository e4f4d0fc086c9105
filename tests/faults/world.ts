import { setTimeout as sleep } from 'node:timers/promises'
import { INTERNAL_TOKEN } from '@dailyfeed/contract/headers'
import type { ServiceName } from '@dailyfeed/contract/services'
import { datedTopicOf, topicDayOf } from '@dailyfeed/kafka-support/dated-topic'
import type { KafkaConnection } from '@dailyfeed/kafka-support/kafka-settings'
import { createTopicAdmin, lagOf, type TopicAdmin } from '@dailyfeed/kafka-support/topic-admin'
import { groupOf } from '@dailyfeed/kafka-support/consumer-group'
import { freePort } from '@dailyfeed/platform/free-port'
import type { LocalKafka } from '@dailyfeed/platform/kafka/local-kafka'
import type { LocalRedis } from '@dailyfeed/platform/redis/local-redis'
import postgres, { type Sql } from 'postgres'
import { startTestKafka } from '../kafka.ts'
import { startOwnDatabase } from '../own-database.ts'
import { startTestRedis } from '../redis.ts'
import { type SeparateServices, startSeparateServices } from '../separate-services.ts'
import { findViolations, type Verdict } from './invariants.ts'
import { createLoad, type Load, type LoadMember } from './load.ts'
import { createRandom, type Random } from './random.ts'
import { startTcpProxy, type TcpProxy } from '../tcp-proxy.ts'

/** Services in processes of their own, with real servers, and a link to each server that can be cut. */
export interface World {
  services: SeparateServices
  kafka: LocalKafka
  redis: LocalRedis
  /** The owner's, past every link. */
  sql: Sql
  admin: TopicAdmin
  connection: KafkaConnection
  load: Load
  random: Random
  links: {
    /** Between publishers and the brokers. Only with one broker. */
    publish: TcpProxy
    /** Between listeners and the brokers. Only with one broker. */
    listen: TcpProxy
    redis: TcpProxy
    database: Record<string, TcpProxy>
  }
  members: readonly LoadMember[]
  /** Replicas of content-svc that take requests. */
  contentReplicas: Set<number>
  /** Of today. */
  topic(): string
  post<Answer>(service: ServiceName, path: string, body?: object, replica?: number): Promise<Answer>
  job(service: ServiceName, job: string, replica?: number): Promise<Record<string, number>>
  lagOf(service: ServiceName): Promise<number>
  stop(): Promise<void>
}

interface WorldOptions {
  seed: number
  /** Requests a second. */
  rate?: number
  nodes?: 1 | 3
  /** Settings of every service. */
  env?: Record<string, string>
  /** Settings of PostgreSQL, `name=value`. */
  databaseSettings?: readonly string[]
}

export const RUNNING = ['member', 'content', 'timeline', 'activity', 'search'] as const
const LISTENING: readonly ServiceName[] = ['activity', 'search']
const MEMBERS = 4
export const TOPIC_PREFIX = 'member-activity'
export const TIME_ZONE = 'Asia/Seoul'

export async function startWorld({
  seed,
  rate = 120,
  nodes = 1,
  env = {},
  databaseSettings = [],
}: WorldOptions): Promise<World> {
  const undo: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    const database = await startOwnDatabase(databaseSettings)
    undo.push(() => database.stop())
    const { kafka, publish, listen } = await startKafkaBehindLinks(nodes, undo)
    const redis = await startTestRedis()
    undo.push(redis.stop)
    const redisLink = await linkTo(Number(new URL(redis.url).port), undo)
    const databaseLinks: Record<string, TcpProxy> = {}
    for (const service of RUNNING)
      databaseLinks[service] = await linkTo(Number(new URL(database.ownerUrl).port), undo)

    const services = await startSeparateServices({
      services: RUNNING,
      database,
      env: (service) => ({
        KAFKA_BROKERS:
          nodes === 3
            ? kafka.brokers
            : `127.0.0.1:${LISTENING.includes(service) ? listen.port : publish.port}`,
        KAFKA_REPLICATION_FACTOR: String(nodes),
        REDIS_URL: `redis://127.0.0.1:${redisLink.port}`,
        ...env,
        DATABASE_URL: withPort(
          database.urlOf(service as (typeof RUNNING)[number]),
          databaseLinks[service]?.port,
        ),
      }),
    })
    undo.push(() => services.stopAll())
    const sql = postgres(database.ownerUrl, {
      max: 3,
      types: { bigint: { to: 20, from: [20, 1700], parse: Number, serialize: String } },
      onnotice() {},
    }) as unknown as Sql
    undo.push(() => sql.end({ timeout: 1 }))
    const connection = { brokers: kafka.brokers.split(',') }
    const admin = createTopicAdmin(connection, 'faults')
    undo.push(() => admin.close())

    const members: LoadMember[] = []
    for (let n = 1; n <= MEMBERS; n += 1)
      members.push(await signUp(services.urlOf('member'), `writer${n}`))
    const random = createRandom(seed)
    const contentReplicas = new Set([0])
    const load = createLoad({
      members,
      contentUrls: () => [...contentReplicas].map((replica) => services.urlOf('content', replica)),
      timelineUrl: services.urlOf('timeline'),
      random,
      rate,
    })
    undo.push(() => load.stop())

    const topic = () => datedTopicOf(TOPIC_PREFIX, topicDayOf(new Date(), TIME_ZONE))
    async function post<Answer>(
      service: ServiceName,
      path: string,
      body: object = {},
      replica = 0,
    ): Promise<Answer> {
      const response = await fetch(`${services.urlOf(service, replica)}${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          [INTERNAL_TOKEN]: services.internalTokenOf('batch'),
        },
        body: JSON.stringify(body),
      })
      const text = await response.text()
      if (!response.ok)
        throw new Error(`${service} answered ${response.status} to ${path}: ${text.slice(0, 300)}`)
      return (JSON.parse(text) as { data: Answer }).data
    }

    return {
      services,
      kafka,
      redis,
      sql,
      admin,
      connection,
      load,
      random,
      links: { publish, listen, redis: redisLink, database: databaseLinks },
      members,
      contentReplicas,
      topic,
      post,
      job: (service, job, replica) => post(service, `/internal/jobs/${job}`, {}, replica),
      async lagOf(service) {
        const range = (await admin.rangesOf([topic()])).get(topic())
        return range === undefined
          ? 0
          : lagOf(range, await admin.committedOffsetsOf(groupOf(service, topic()), topic()))
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function linkTo(port: number, undo: (() => Promise<unknown>)[]): Promise<TcpProxy> {
  const link = await startTcpProxy({ port })
  undo.push(link.stop)
  return link
}

/** Brokers tell clients where to go: each link has a listener of its own, which names the link. */
async function startKafkaBehindLinks(
  nodes: 1 | 3,
  undo: (() => Promise<unknown>)[],
): Promise<{ kafka: LocalKafka; publish: TcpProxy; listen: TcpProxy }> {
  const [publishPort, listenPort] = [await freePort(), await freePort()]
  const [publish, listen] = [await linkTo(publishPort, undo), await linkTo(listenPort, undo)]
  const kafka = await startTestKafka({
    nodes,
    ...(nodes === 3
      ? {}
      : {
          settings: ({ port, controllerPort }) => ({
            listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort},PUBLISH://127.0.0.1:${publishPort},LISTEN://127.0.0.1:${listenPort}`,
            'advertised.listeners': `PLAINTEXT://127.0.0.1:${port},PUBLISH://127.0.0.1:${publish.port},LISTEN://127.0.0.1:${listen.port}`,
            'listener.security.protocol.map':
              'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PUBLISH:PLAINTEXT,LISTEN:PLAINTEXT',
            'inter.broker.listener.name': 'PLAINTEXT',
          }),
        }),
  })
  undo.push(kafka.stop)
  return { kafka, publish, listen }
}

function withPort(url: string, port: number | undefined): string {
  const moved = new URL(url)
  if (port !== undefined) moved.port = String(port)
  return moved.href
}

async function signUp(url: string, handle: string): Promise<LoadMember> {
  const account = { email: `${handle}@example.com`, password: 'correct horse battery staple' }
  const post = (path: string, body: object) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const signUpAnswer = await post('/api/authentication/signup', {
    ...account,
    memberName: handle,
    handle,
  })
  if (signUpAnswer.status !== 201)
    throw new Error(`sign-up answered ${signUpAnswer.status}: ${await signUpAnswer.text()}`)
  const { data } = (await signUpAnswer.json()) as { data: { id: number } }
  const login = await post('/api/authentication/login', account)
  return { id: data.id, bearer: login.headers.get('authorization') ?? '' }
}

export interface Settled extends Verdict {
  /** Until nothing was on its way any more. */
  seconds: number
}

/**
 * Waits until everything took effect, for at most so many seconds: what is still on its way then is lost. `known`: what an
 * earlier fault is to blame for.
 */
export async function settle(
  world: World,
  withinSeconds: number,
  known: ReadonlySet<string> = new Set(),
): Promise<Settled> {
  const startedAt = performance.now()
  const isNew = (what: string) => !known.has(what)
  for (;;) {
    const found = await findViolations(world.sql, world.load.ledger)
    const verdict = {
      lost: found.lost.filter(isNew),
      doubled: found.doubled.filter(isNew),
      pending: found.pending.filter(isNew),
    }
    const seconds = (performance.now() - startedAt) / 1_000
    if (verdict.pending.length === 0 || seconds > withinSeconds)
      return { ...verdict, lost: [...verdict.lost, ...verdict.pending], seconds }
    await sleep(250)
  }
}

/** Until what is asked for holds; throws with `what` where it does not come to hold. */
export async function until(
  what: string,
  holds: () => Promise<boolean> | boolean,
  seconds = 30,
): Promise<void> {
  for (const end = performance.now() + seconds * 1_000; performance.now() < end; await sleep(100))
    if (await holds()) return
  throw new Error(`it did not come to hold within ${seconds} s: ${what}`)
}

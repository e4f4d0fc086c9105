import { openRevocations } from '@dailyfeed/access-token/open-revocations'
import { findLiveRevocations } from '@dailyfeed/access-token/revocation-log.queries'
import type { InProcessRevocations } from '@dailyfeed/access-token/revocations'
import { createTokenVerifier } from '@dailyfeed/access-token/token-verifier'
import { LISTENERS } from '@dailyfeed/contract/subscriptions'
import { createLog, type Log } from '@dailyfeed/http-server/log'
import { registerServiceCalls } from '@dailyfeed/http-server/service-calls'
import { listen, type RunningService } from '@dailyfeed/http-server/running-service'
import { StartWait } from '@dailyfeed/http-server/start-wait'
import { openKafkaCluster } from '@dailyfeed/kafka-support/kafka-cluster'
import { kafkaDependency } from '@dailyfeed/kafka-support/kafka-dependency'
import { createNewEventOf } from '@dailyfeed/outbox/outbox'
import { destinationsOf } from '@dailyfeed/outbox/publish-settings'
import { Publishing } from '@dailyfeed/outbox/publishing'
import { registerPublishing } from '@dailyfeed/outbox/register-publishing'
import type { WriteSignal } from '@dailyfeed/outbox/write-signal'
import { createCursors } from '@dailyfeed/pagination-support/cursor'
import { databaseDependency, databaseObstacleIn } from '@dailyfeed/postgres-support/availability'
import { closePool, openConfiguredPool } from '@dailyfeed/postgres-support/pool'
import { databaseNeed } from '@dailyfeed/postgres-support/schema-version'
import { openRedis } from '@dailyfeed/redis-support/open-redis'
import { redisDependency } from '@dailyfeed/redis-support/redis-dependency'
import { ServiceCalls } from '@dailyfeed/service-client/service-calls'
import type { Sql } from 'postgres'
import { deleteOldFailures } from './account/login-failure.queries.ts'
import { throttleOf } from './account/login-throttle.ts'
import { createPasswordHashing } from './account/password-hashing.ts'
import type { MemberConfig } from './config.ts'
import { createKeyStore, type KeyStore } from './key/key-store.ts'
import { memberApp } from './member-app.ts'
import { createRevocationAnnouncer } from './session/revocation-announcer.ts'
import { createProviderClient } from './sign-in-provider/provider-client.ts'

/** The parts that all services share when one process runs them; a service that runs alone has none of them. */
interface MemberServiceOptions {
  /** Receives every revocation before the request that caused it is answered. */
  revocations?: InProcessRevocations
  /** Incremented with each write, before it is answered. */
  writes?: WriteSignal
}

const EXPIRE_EVERY_MILLISECONDS = 60_000
/** Some routes accept a token that expired within a day, so its revocation is kept as long. */
const ONE_DAY_SECONDS = 86_400

export async function startMemberService(
  config: MemberConfig,
  { revocations: shared, writes }: MemberServiceOptions = {},
): Promise<RunningService> {
  const log = createLog('member', config.LOG_LEVEL)
  await using resources = new AsyncDisposableStack()
  const sql = resources.adopt(openConfiguredPool(config, 'member-svc'), closePool)
  const keys = keyStoreOf(sql, config)
  await using startWait = new StartWait({ service: 'member', config, log })
  await readAtStart(startWait, { sql, keys, shared })
  if (shared !== undefined) resources.defer(expireRegularly(shared))
  deleteFailuresRegularly(sql, resources, log)
  const revocations = resources.adopt(shared ?? openRevocations(sql, config.REDIS_URL), (it) =>
    it.close(),
  )
  const redis = openRedisClients(config.REDIS_URL, resources)
  const calls = new ServiceCalls<'member'>(config, log)
  resources.defer(() => calls.close())
  const passwords = resources.adopt(createPasswordHashing(), (it) => it.close())
  const kafka = openKafkaCluster(config, { service: 'member', listeners: LISTENERS })
  resources.defer(async () => kafka?.close())
  const publishing = resources.adopt(
    new Publishing({
      sql,
      schema: 'member',
      config,
      subscribers: { activity: calls.relayClientOf('activity') },
      kafka,
      log,
    }),
    (it) => it.stop(),
  )

  const app = await memberApp({
    config,
    context: {
      sql,
      verifier: createTokenVerifier({ keys: keys.verificationKeys, revocations }),
      newEventOf: createNewEventOf(config.TOPIC_TIME_ZONE, destinationsOf(config)),
      wakeRelay() {
        writes?.increment()
        publishing.wake()
      },
      announceRevocations: createRevocationAnnouncer({ sql, local: shared, redis }),
      cursors: createCursors(config.CURSOR_KEY, config.CURSOR_KEY_PREVIOUS),
      keys,
      passwords,
      redis: redis?.client,
      throttle: throttleOf(sql, config),
      images: calls.clientOf('image'),
      providers: config.providers.map(createProviderClient),
      log,
      settings: {
        accessTokenSeconds: config.ACCESS_TOKEN_TTL_SECONDS,
        refreshTokenKey: config.REFRESH_TOKEN_KEY,
      },
    },
    log,
  })
  registerPublishing(app, publishing)
  registerServiceCalls(app, calls.clients)
  return await listen({
    name: 'member-svc',
    app,
    config,
    dependencies: [
      databaseDependency(sql),
      kafka && kafkaDependency(kafka),
      redis && redisDependency(redis.client),
    ],
    resources,
    startWait,
  })
}

const keyStoreOf = (sql: Sql, config: MemberConfig): KeyStore =>
  createKeyStore({
    sql,
    encryptionKey: config.JWT_KEY_ENCRYPTION_KEY,
    graceSeconds: config.JWT_KEY_GRACE_SECONDS,
    publishSeconds: config.JWKS_CACHE_SECONDS,
  })

/** One client for commands, another that only subscribes. Undefined without Redis. */
function openRedisClients(url: string | undefined, resources: AsyncDisposableStack) {
  if (url === undefined) return undefined
  const open = () => resources.adopt(openRedis(url), (it) => it.close())
  return { client: open(), subscriber: open() }
}

/** Returns a function that stops it. */
function expireRegularly(revocations: InProcessRevocations): () => Promise<void> {
  const timer = setInterval(
    () => revocations.deleteExpired(Date.now() / 1_000 - ONE_DAY_SECONDS),
    EXPIRE_EVERY_MILLISECONDS,
  )
  return async () => clearInterval(timer)
}

interface ReadAtStart {
  sql: Sql
  keys: KeyStore
  shared: InProcessRevocations | undefined
}

/** Waits for the database, then reads the signing key and the revocations that the process shares. */
async function readAtStart(
  startWait: StartWait,
  { sql, keys, shared }: ReadAtStart,
): Promise<void> {
  await startWait.until(databaseNeed(sql, 'member'))
  await startWait.until({
    name: 'signing-key',
    findObstacle: () => databaseObstacleIn(() => keys.initialise()),
  })
  if (shared === undefined) return
  await startWait.until({
    name: 'revocations',
    findObstacle: () =>
      databaseObstacleIn(async () => {
        for (const one of await findLiveRevocations(sql)) shared.revoke(one)
      }),
  })
}

function deleteFailuresRegularly(sql: Sql, resources: AsyncDisposableStack, log: Log): void {
  const cleaning = setInterval(
    () => deleteOldFailures(sql).catch((err) => log.warn({ err }, 'old failed logins not deleted')),
    EXPIRE_EVERY_MILLISECONDS,
  )
  resources.defer(async () => clearInterval(cleaning))
}

import { openRevocations } from '@dailyfeed/access-token/open-revocations'
import { findLiveRevocations } from '@dailyfeed/access-token/revocation-log.queries'
import type { InProcessRevocations } from '@dailyfeed/access-token/revocations'
import { createTokenVerifier } from '@dailyfeed/access-token/token-verifier'
import { LISTENERS } from '@dailyfeed/contract/subscriptions'
import { createNewEventOf } from '@dailyfeed/outbox/outbox'
import { destinationsOf } from '@dailyfeed/outbox/publish-settings'
import type { WriteSignal } from '@dailyfeed/outbox/write-signal'
import { type Publishing, startPublishing } from '@dailyfeed/outbox/publishing'
import { listen, type RunningService } from '@dailyfeed/http-server/running-service'
import { openKafkaCluster } from '@dailyfeed/kafka-support/kafka-cluster'
import { createCursors } from '@dailyfeed/pagination-support/cursor'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { openRedis } from '@dailyfeed/redis-support/redis-client'
import { createServiceClient } from '@dailyfeed/service-client/service-client'
import type { Sql } from 'postgres'
import { createPasswordHashing } from './account/password-hashing.ts'
import type { MemberConfig } from './config.ts'
import { createKeyStore } from './key/key-store.ts'
import { memberApp } from './member-app.ts'
import { createRevocationAnnouncer } from './session/revocation-announcer.ts'
import { createProviderClient } from './sign-in-provider/provider-client.ts'

interface MemberServiceOptions {
  /** Of the process in which all services run: told of every revocation before it is answered. */
  revocations?: InProcessRevocations
  /** Of the same process: told of every write before it is answered. */
  writes?: WriteSignal
}

const FORGET_EVERY_MILLISECONDS = 60_000
/** Some routes accept a token that ended within a day: what revoked it is remembered as long. */
const ONE_DAY_SECONDS = 86_400

export async function startMemberService(
  config: MemberConfig,
  { revocations, writes }: MemberServiceOptions = {},
): Promise<RunningService> {
  const sql = openPool({
    url: config.DATABASE_URL,
    max: config.DATABASE_POOL_MAX,
    name: 'member-svc',
  })
  const keys = createKeyStore({
    sql,
    encryptionKey: config.JWT_KEY_ENCRYPTION_KEY,
    graceSeconds: config.JWT_KEY_GRACE_SECONDS,
    publishSeconds: config.JWKS_CACHE_SECONDS,
  })
  await keys.initialise()
  if (revocations !== undefined) await rememberRevocations(sql, revocations)
  const judged = revocations ?? openRevocations(sql, config.REDIS_URL)
  const verifier = createTokenVerifier({ keys: keys.verificationKeys, revocations: judged })
  const redis =
    config.REDIS_URL === undefined
      ? undefined
      : { client: openRedis(config.REDIS_URL), subscriber: openRedis(config.REDIS_URL) }
  const activity = createServiceClient({
    service: 'activity',
    baseUrl: config.ACTIVITY_URL,
    internalToken: config.INTERNAL_TOKEN,
  })
  const images = createServiceClient({
    service: 'image',
    baseUrl: config.IMAGE_URL,
    internalToken: config.INTERNAL_TOKEN,
  })

  const passwords = createPasswordHashing()
  const kafka = openKafkaCluster(config, { service: 'member', listeners: LISTENERS })
  let publishing: Publishing | undefined
  const app = await memberApp({
    config,
    verifier,
    checkReady: async () => void (await sql`select 1`),
    contextOf: (log) => ({
      sql,
      newEventOf: createNewEventOf(config.TOPIC_TIME_ZONE, destinationsOf(config)),
      wakeRelay() {
        writes?.increment()
        publishing?.wake()
      },
      announceRevocations: createRevocationAnnouncer({ sql, local: revocations, redis }),
      cursors: createCursors(config.CURSOR_KEY, config.CURSOR_KEY_PREVIOUS),
      keys,
      passwords,
      images,
      providers: config.providers.map(createProviderClient),
      log,
      settings: {
        accessTokenSeconds: config.ACCESS_TOKEN_TTL_SECONDS,
        refreshTokenKey: config.REFRESH_TOKEN_KEY,
      },
    }),
  })
  publishing = startPublishing({
    app,
    sql,
    schema: 'member',
    config,
    subscribers: { activity },
    kafka,
  })
  const forgetting = setInterval(
    () => revocations?.forgetExpired(Date.now() / 1_000 - ONE_DAY_SECONDS),
    FORGET_EVERY_MILLISECONDS,
  )
  return listen({
    name: 'member-svc',
    app,
    host: config.HOST,
    port: config.PORT,
    closeAfter: [
      async () => clearInterval(forgetting),
      () => publishing.stop(),
      async () => kafka?.close(),
      () => images.close(),
      () => passwords.close(),
      () => judged.close(),
      async () =>
        redis && void (await Promise.all([redis.client.close(), redis.subscriber.close()])),
      () => sql.end({ timeout: 5 }),
    ],
  })
}

/** After a restart the memory of one process starts from the log. */
async function rememberRevocations(sql: Sql, revocations: InProcessRevocations): Promise<void> {
  for (const one of await findLiveRevocations(sql)) revocations.revoke(one)
}

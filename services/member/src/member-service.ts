import { type InProcessRevocations, PostgresRevocations } from '@dailyfeed/access-token/revocations'
import { createTokenVerifier } from '@dailyfeed/access-token/token-verifier'
import { deliverOverHttp } from '@dailyfeed/deadletter-support/http-delivery'
import { createNewEventOf } from '@dailyfeed/deadletter-support/outbox'
import { type Relay, startRelay } from '@dailyfeed/deadletter-support/relay'
import { listen, type RunningService } from '@dailyfeed/http-server/running-service'
import { createCursors } from '@dailyfeed/pagination-support/cursor'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { createServiceClient } from '@dailyfeed/service-client/service-client'
import type { Sql } from 'postgres'
import { createPasswordHashing } from './account/password-hashing.ts'
import type { MemberConfig } from './config.ts'
import { createKeyStore } from './key/key-store.ts'
import { memberApp } from './member-app.ts'
import { findLiveRevocations } from './session/session.queries.ts'

interface MemberServiceOptions {
  /** Of the process in which all services run: told of every revocation before it is answered. */
  revocations?: InProcessRevocations
}

const FORGET_EVERY_MILLISECONDS = 60_000
/** Some routes accept a token that ended within a day: what revoked it is remembered as long. */
const ONE_DAY_SECONDS = 86_400

export async function startMemberService(config: MemberConfig, { revocations }: MemberServiceOptions = {}): Promise<RunningService> {
  const sql = openPool({ url: config.DATABASE_URL, max: config.DATABASE_POOL_MAX, name: 'member-svc' })
  const keys = createKeyStore({
    sql,
    encryptionKey: config.JWT_KEY_ENCRYPTION_KEY,
    graceSeconds: config.JWT_KEY_GRACE_SECONDS,
    publishSeconds: config.JWKS_CACHE_SECONDS,
  })
  await keys.initialise()
  if (revocations !== undefined) await rememberRevocations(sql, revocations)
  const verifier = createTokenVerifier({ keys: keys.verificationKeys, revocations: revocations ?? new PostgresRevocations(sql) })
  const activity = createServiceClient({ service: 'activity', baseUrl: config.ACTIVITY_URL, internalToken: config.INTERNAL_TOKEN })
  const images = createServiceClient({ service: 'image', baseUrl: config.IMAGE_URL, internalToken: config.INTERNAL_TOKEN })

  let relay: Relay | undefined
  const app = await memberApp({
    config,
    verifier,
    checkReady: async () => void (await sql`select 1`),
    contextOf: (log) => ({
      sql,
      newEventOf: createNewEventOf(config.TOPIC_TIME_ZONE),
      wakeRelay: () => relay?.wake(),
      announceRevocations: (all) => {
        for (const one of all) revocations?.revoke(one)
      },
      cursors: createCursors(config.CURSOR_KEY, config.CURSOR_KEY_PREVIOUS),
      keys,
      passwords: createPasswordHashing(),
      images,
      log,
      settings: { accessTokenSeconds: config.ACCESS_TOKEN_TTL_SECONDS, refreshTokenKey: config.REFRESH_TOKEN_KEY },
    }),
  })
  relay = startRelay({ sql, schema: 'member', destinations: { activity: deliverOverHttp(activity) }, log: app.log })
  const forgetting = setInterval(() => revocations?.forgetExpired(Date.now() / 1_000 - ONE_DAY_SECONDS), FORGET_EVERY_MILLISECONDS)
  return listen({
    name: 'member-svc',
    app,
    host: config.HOST,
    port: config.PORT,
    closeAfter: [async () => clearInterval(forgetting), () => relay.stop(), () => activity.close(), () => images.close(), () => sql.end({ timeout: 5 })],
  })
}

/** After a restart the memory of one process starts from the log. */
async function rememberRevocations(sql: Sql, revocations: InProcessRevocations): Promise<void> {
  for (const row of await findLiveRevocations(sql)) {
    const expiresAt = Math.floor(row.expires_at.getTime() / 1_000)
    revocations.revoke(row.token_id === null ? { sessionId: row.session_id, expiresAt } : { tokenId: row.token_id, expiresAt })
  }
}

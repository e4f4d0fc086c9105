import { InProcessRevocations } from '@dailyfeed/access-token/revocations'
import { createTokenVerifier } from '@dailyfeed/access-token/token-verifier'
import { INTERNAL_TOKEN } from '@dailyfeed/contract/headers'
import { hashOfToken } from '@dailyfeed/configuration/development-secrets'
import { createNewEventOf } from '@dailyfeed/outbox/outbox'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { createLog, type Log } from '@dailyfeed/http-server/log'
import { createCursors } from '@dailyfeed/pagination-support/cursor'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { ServiceUnavailableError } from '@dailyfeed/service-client/service-errors'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { ask, clientOf, type HttpClient } from '@dailyfeed/tests/http-client'
import type { Sql } from 'postgres'
import { throttleOf } from './account/login-throttle.ts'
import { createPasswordHashing, type PasswordHashing } from './account/password-hashing.ts'
import { readMemberConfigOrThrow } from './config.ts'
import { createKeyStore, type KeyStore } from './key/key-store.ts'
import { memberApp } from './member-app.ts'
import { createProviderClient } from './sign-in-provider/provider-client.ts'

export interface TestMember {
  id: number
  email: string
  handle: string
  bearer: string
  cookie: string
}

export interface MemberFixture {
  app: HttpServer
  client: HttpClient
  log: Log
  sql: Sql
  keys: KeyStore
  passwords: PasswordHashing
  database: TestDatabase
  revocations: InProcessRevocations
  /** The requests that image-svc has received to delete pictures; while `isAway` they fail. */
  pictures: { deleted: unknown[]; isAway: boolean }
  signUp(fields?: Record<string, unknown>): Promise<TestMember>
  logIn(member: Pick<TestMember, 'email'>): Promise<{ bearer: string; cookie: string }>
  close(): Promise<void>
}

const BATCH_TOKEN = 'the-token-of-batch-svc-in-tests-only'
const GATEWAY_TOKEN = 'the-token-of-the-gateway-in-tests-only'
export const fromBatch = { [INTERNAL_TOKEN]: BATCH_TOKEN }
/** Headers of a request that the gateway forwards from this address. */
export const fromGateway = (address: string) => ({
  [INTERNAL_TOKEN]: GATEWAY_TOKEN,
  'x-forwarded-for': address,
  'x-forwarded-proto': 'http',
  'x-forwarded-host': 'localhost:8080',
})
export const PASSWORD = 'correct horse battery staple'

/**
 * member-svc without a network: the real routes over a real database. Events are not relayed, and a stub
 * stands for image-svc.
 */
export async function memberFixture(env: Record<string, string> = {}): Promise<MemberFixture> {
  const database = await testDatabase()
  const secret = 'a-secret-of-at-least-32-characters'
  const config = readMemberConfigOrThrow({
    DATABASE_URL: database.urlOf('member'),
    LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'silent',
    INTERNAL_TOKEN: secret,
    INTERNAL_CALLERS: `batch:${hashOfToken(BATCH_TOKEN)},gateway:${hashOfToken(GATEWAY_TOKEN)}`,
    CURSOR_KEY: secret,
    JWT_KEY_ENCRYPTION_KEY: secret,
    REFRESH_TOKEN_KEY: secret,
    RATE_LIMIT: 'off',
    ...env,
  })
  const sql = openPool({ url: config.DATABASE_URL, max: 8, name: 'member-test' })
  const keys = createKeyStore({
    sql,
    encryptionKey: config.JWT_KEY_ENCRYPTION_KEY,
    graceSeconds: config.JWT_KEY_GRACE_SECONDS,
    publishSeconds: config.JWKS_CACHE_SECONDS,
  })
  await keys.initialise()
  const passwords = createPasswordHashing()
  const revocations = new InProcessRevocations()
  const pictures = { deleted: [] as unknown[], isAway: false }
  const log = createLog('member', config.LOG_LEVEL)
  const app = await memberApp({
    config,
    log,
    context: {
      sql,
      verifier: createTokenVerifier({ keys: keys.verificationKeys, revocations }),
      newEventOf: createNewEventOf(config.TOPIC_TIME_ZONE),
      wakeRelay() {},
      announceRevocations: async (all) => {
        for (const one of all) revocations.revoke(one)
      },
      cursors: createCursors(config.CURSOR_KEY),
      keys,
      passwords,
      throttle: throttleOf(sql, config),
      images: {
        async post(_path, body) {
          if (pictures.isAway) throw new ServiceUnavailableError('image', 'image cannot be reached')
          pictures.deleted.push(body)
          return {} as never
        },
      },
      providers: config.providers.map(createProviderClient),
      log,
      settings: {
        accessTokenSeconds: config.ACCESS_TOKEN_TTL_SECONDS,
        refreshTokenKey: config.REFRESH_TOKEN_KEY,
      },
    },
  })
  const client = clientOf(app)
  let members = 0

  async function logIn({ email }: Pick<TestMember, 'email'>) {
    const url = '/api/authentication/login'
    const { headers, cookie } = await ask(client, { url, body: { email, password: PASSWORD } })
    return { bearer: headers.get('authorization') ?? '', cookie: cookie ?? '' }
  }

  return {
    app,
    client,
    log,
    sql,
    keys,
    passwords,
    database,
    revocations,
    pictures,
    logIn,
    async signUp(fields = {}) {
      members += 1
      const account = {
        email: `member${members}@example.com`,
        password: PASSWORD,
        memberName: `Member ${members}`,
        handle: `member_${members}`,
        ...fields,
      }
      const { body } = await ask(client, { url: '/api/authentication/signup', body: account })
      return {
        id: body.data.id,
        email: account.email,
        handle: account.handle,
        ...(await logIn(account)),
      }
    },
    async close() {
      await app.close()
      await passwords.close()
      await sql.end({ timeout: 1 })
      await database.drop()
    },
  }
}

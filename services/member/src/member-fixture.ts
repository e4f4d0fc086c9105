import { InProcessRevocations } from '@dailyfeed/access-token/revocations'
import { createTokenVerifier } from '@dailyfeed/access-token/token-verifier'
import { INTERNAL_TOKEN } from '@dailyfeed/contract/headers'
import { hashOfToken } from '@dailyfeed/configuration/development-secrets'
import { createNewEventOf } from '@dailyfeed/outbox/outbox'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { createLog } from '@dailyfeed/http-server/log'
import { createCursors } from '@dailyfeed/pagination-support/cursor'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { ServiceUnavailableError } from '@dailyfeed/service-client/service-errors'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import type { Sql } from 'postgres'
import { createPasswordHashing, type PasswordHashing } from './account/password-hashing.ts'
import { readMemberConfigOrThrow } from './config.ts'
import { createKeyStore, type KeyStore } from './key/key-store.ts'
import { memberApp } from './member-app.ts'
import { createProviderClient } from './sign-in-provider/provider-client.ts'

interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at any part of any answer
  body: any
  headers: Record<string, unknown>
  /** `name=value` of the refresh cookie that was set, if any. */
  cookie: string | undefined
}

export interface TestMember {
  id: number
  email: string
  handle: string
  bearer: string
  cookie: string
}

export interface MemberFixture {
  app: HttpServer
  sql: Sql
  keys: KeyStore
  passwords: PasswordHashing
  database: TestDatabase
  revocations: InProcessRevocations
  /** What image-svc was asked to delete; while it is away it throws. */
  pictures: { deleted: unknown[]; isAway: boolean }
  ask(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    url: string,
    payload?: object,
    headers?: Record<string, string>,
  ): Promise<Answer>
  signUp(fields?: Record<string, unknown>): Promise<TestMember>
  logIn(member: Pick<TestMember, 'email'>): Promise<{ bearer: string; cookie: string }>
  close(): Promise<void>
}

const BATCH_TOKEN = 'the-token-of-batch-svc-in-tests-only'
const GATEWAY_TOKEN = 'the-token-of-the-gateway-in-tests-only'
export const fromBatch = { [INTERNAL_TOKEN]: BATCH_TOKEN }
/** As the gateway passes on what somebody at this address sent. */
export const fromGateway = (address: string) => ({
  [INTERNAL_TOKEN]: GATEWAY_TOKEN,
  'x-forwarded-for': address,
  'x-forwarded-proto': 'http',
  'x-forwarded-host': 'localhost:8080',
})
export const PASSWORD = 'correct horse battery staple'

/** member-svc without its network: the real routes over a real database; nothing is relayed, and image-svc only listens. */
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
    maxEventLoopDelay: 0,
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
      images: {
        async post(_path, body) {
          if (pictures.isAway) throw new ServiceUnavailableError('image cannot be reached')
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
  let members = 0

  async function ask(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    url: string,
    payload?: object,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const answer = await app.inject({
      method,
      url,
      headers,
      ...(payload === undefined ? {} : { payload }),
    })
    const cookie = [answer.headers['set-cookie']].flat()[0]?.split(';', 1)[0]
    return { status: answer.statusCode, body: answer.json(), headers: answer.headers, cookie }
  }
  async function logIn({ email }: Pick<TestMember, 'email'>) {
    const { headers, cookie } = await ask('POST', '/api/authentication/login', {
      email,
      password: PASSWORD,
    })
    return { bearer: String(headers['authorization']), cookie: cookie ?? '' }
  }

  return {
    app,
    sql,
    keys,
    passwords,
    database,
    revocations,
    pictures,
    ask,
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
      const { body } = await ask('POST', '/api/authentication/signup', account)
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

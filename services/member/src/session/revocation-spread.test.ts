import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AccessToken } from '@dailyfeed/access-token/access-token'
import { CachedRevocations } from '@dailyfeed/access-token/cached-revocations'
import { blacklistKeyOf } from '@dailyfeed/access-token/revocation-channel'
import type { Revocation } from '@dailyfeed/access-token/revocations'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { openRedis } from '@dailyfeed/redis-support/open-redis'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { clearRedis, redisIsMissing, startTestRedis } from '@dailyfeed/tests/redis'
import { startTcpProxy, type TcpProxy } from '@dailyfeed/tests/tcp-proxy'
import type { Sql } from 'postgres'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createRevocationAnnouncer } from './revocation-announcer.ts'
import { blacklistToken } from './revocation-log.queries.ts'

const SERVICES = ['content', 'timeline', 'activity'] as const
const isMissing = await redisIsMissing()

let redis: Awaited<ReturnType<typeof startTestRedis>>
let database: TestDatabase
let sql: Sql
/** The links of member-svc to Redis, and of the verifiers to Redis and PostgreSQL. */
let memberToRedis: TcpProxy
let toRedis: TcpProxy
let toPostgres: TcpProxy

beforeAll(async () => {
  if (isMissing) return
  redis = await startTestRedis()
  database = await testDatabase()
  sql = openPool({ url: database.urlOf('member'), max: 10, name: 'member-test' })
  const redisPort = Number(new URL(redis.url).port)
  memberToRedis = await startTcpProxy({ port: redisPort })
  toRedis = await startTcpProxy({ port: redisPort })
  toPostgres = await startTcpProxy({ port: Number(new URL(database.urlOf('content')).port) })
})
afterAll(async () => {
  if (isMissing) return
  await sql.end({ timeout: 1 })
  for (const link of [memberToRedis, toRedis, toPostgres]) await link.stop()
  await database.drop()
  await redis.stop()
})

const through = (url: string, { port }: TcpProxy): string => {
  const changed = new URL(url)
  changed.port = String(port)
  return changed.href
}

describe.skipIf(isMissing)(
  'B12: no verifier accepts a revoked token once the revocation has been answered',
  () => {
    let verifiers: CachedRevocations[]
    let announce: (revocations: readonly Revocation[]) => Promise<void>
    let undo: (() => Promise<unknown>)[]

    beforeEach(async () => {
      const pools = SERVICES.map((service) =>
        openPool({
          url: through(database.urlOf(service), toPostgres),
          max: 2,
          name: `${service}-test`,
        }),
      )
      const ofVerifiers = through(redis.url, toRedis)
      verifiers = pools.map(
        (sql) =>
          new CachedRevocations({
            sql,
            redis: openRedis(ofVerifiers),
            subscriber: openRedis(ofVerifiers),
          }),
      )
      const ofMember = through(redis.url, memberToRedis)
      const clients = { client: openRedis(ofMember), subscriber: openRedis(ofMember) }
      announce = createRevocationAnnouncer({ sql, redis: clients })
      undo = [
        ...verifiers.map((verifier) => () => verifier.close()),
        ...pools.map((pool) => () => pool.end({ timeout: 1 })),
        () => clients.client.close(),
        () => clients.subscriber.close(),
      ]
      await untilTrusted()
      // Until the verifiers and the announcer are connected over Redis.
      await expect
        .poll(async () => (await revoke(newToken())).milliseconds, { timeout: 5_000 })
        .toBeLessThan(45)
    })
    afterEach(async () => {
      for (const link of [memberToRedis, toRedis, toPostgres]) link.open()
      redis.server.resume()
      if (redis.server.pid() === undefined) await redis.server.start()
      await redis.untilReady()
      for (const step of undo) await step()
    })

    /** Uses the verifier first: one that checks no token is idle, and does not trust its cache. */
    const isTrustedAfterUse = (verifier: CachedRevocations): boolean => {
      void Promise.resolve(verifier.isRevoked(newToken())).catch(() => {})
      return verifier.isTrusted
    }
    const untilTrusted = () =>
      expect
        .poll(() => verifiers.map(isTrustedAfterUse), { timeout: 10_000 })
        .toEqual([true, true, true])
    const newToken = (): AccessToken => ({
      memberId: 1,
      sessionId: randomUUID(),
      tokenId: randomUUID(),
      expiresAt: Math.floor(Date.now() / 1_000) + 900,
    })

    /** Like a logout. Resolves when the logout would be answered. */
    async function revoke({
      tokenId,
      sessionId,
      expiresAt,
    }: AccessToken): Promise<{ milliseconds: number }> {
      await blacklistToken(sql, tokenId, sessionId, expiresAt)
      const committedAt = performance.now()
      await announce([{ tokenId, expiresAt }])
      return { milliseconds: performance.now() - committedAt }
    }
    const check = (token: AccessToken) =>
      Promise.all(verifiers.map((verifier) => verifier.isRevoked(token)))
    const ALL = [true, true, true]
    const NONE = [false, false, false]

    test('all verifiers refuse it at once by their caches', async () => {
      const token = newToken()
      expect(verifiers.map((verifier) => verifier.isRevoked(token))).toEqual(NONE)
      const { milliseconds } = await revoke(token)
      expect(verifiers.map((verifier) => verifier.isRevoked(token))).toEqual(ALL)
      expect(milliseconds).toBeLessThan(100)
      const client = openRedis(redis.url)
      await expect.poll(() => client.get(blacklistKeyOf(token.tokenId)).catch(() => null)).toBe('1')
      await client.close()
    })

    test.each<[string, () => Promise<unknown> | unknown]>([
      ['Redis is killed', () => redis.server.kill()],
      ['Redis is paused', () => redis.server.pause()],
      ['Redis is flushed again and again', () => flushFor(3_000)],
      ['member-svc’s link to Redis is half open', () => memberToRedis.hold()],
      ['member-svc cannot reach Redis', () => memberToRedis.close()],
      ['the verifiers’ links to Redis are half open', () => toRedis.hold()],
      ['the verifiers’ links to Redis are slow', () => toRedis.slow(400)],
    ])('while %s, all verifiers refuse it and accept others', async (_name, disturb) => {
      await disturb()
      for (let n = 0; n < 4; n += 1) {
        const [token, other] = [newToken(), newToken()]
        const { milliseconds } = await revoke(token)
        expect(await check(token)).toEqual(ALL)
        expect(await check(other)).toEqual(NONE)
        expect(milliseconds).toBeLessThan(700)
      }
    })

    function flushFor(milliseconds: number): void {
      const client = openRedis(redis.url)
      const end = performance.now() + milliseconds
      void (async () => {
        while (performance.now() < end) {
          await clearRedis(client).catch(() => {})
          await sleep(5)
        }
        await client.close()
      })()
    }

    test('a verifier that cannot query PostgreSQL answers nothing', async () => {
      toPostgres.hold()
      // Redis is held too, so that these verifiers receive nothing.
      toRedis.hold()
      const token = newToken()
      const { milliseconds } = await revoke(token)
      expect(milliseconds).toBeGreaterThan(400)
      const checked = Promise.race([check(token), sleep(1_000, 'no answer')])
      expect(await checked).toBe('no answer')
      toPostgres.open()
      toRedis.open()
      await untilTrusted()
      expect(await check(token)).toEqual(ALL)
    })

    test('a verifier that was paused no longer trusts its cache', async () => {
      let now = performance.now()
      const pool = openPool({ url: database.urlOf('search'), max: 2, name: 'search-test' })
      const paused = new CachedRevocations({
        sql: pool,
        redis: openRedis(redis.url),
        subscriber: openRedis(redis.url),
        now: () => now,
      })
      undo.unshift(
        () => paused.close(),
        () => pool.end({ timeout: 1 }),
      )
      await expect.poll(() => isTrustedAfterUse(paused)).toBe(true)
      now += 501
      expect(paused.isTrusted).toBe(false)
      const answer = paused.isRevoked(newToken())
      expect(answer).toBeInstanceOf(Promise)
      expect(await answer).toBe(false)
    })

    test('five hundred simultaneous revocations hold while links are disturbed', async () => {
      const seed = 20_261_125
      let state = seed
      const below = (limit: number) => {
        state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
        return state % limit
      }
      const disturbances = [
        () => toRedis.hold(),
        () => toRedis.open(),
        () => memberToRedis.hold(),
        () => memberToRedis.open(),
        () => toRedis.cut(),
        () => memberToRedis.cut(),
      ]
      let accepted = 0
      for (let round = 0; round < 20; round += 1) {
        disturbances[below(disturbances.length)]?.()
        const tokens = Array.from({ length: 25 }, newToken)
        await Promise.all(
          tokens.map(async (token) => {
            await sleep(below(50))
            await revoke(token)
            accepted += (await check(token)).filter((isRevoked) => !isRevoked).length
          }),
        )
      }
      expect(accepted).toBe(0)
    }, 60_000)

    test('numbers of the log become visible in ascending order', async () => {
      const [first, second] = [newToken(), newToken()]
      const order: string[] = []
      const held = Promise.withResolvers<void>()
      const slow = sql.begin(async (begun) => {
        await blacklistToken(
          begun as unknown as Sql,
          first.tokenId,
          first.sessionId,
          first.expiresAt,
        )
        await held.promise
        order.push('first')
      })
      await sleep(50)
      const quick = blacklistToken(sql, second.tokenId, second.sessionId, second.expiresAt).then(
        () => order.push('second'),
      )
      await sleep(100)
      expect(order).toEqual([])
      held.resolve()
      await Promise.all([slow, quick])
      expect(order).toEqual(['first', 'second'])
    })

    test('a verifier that starts later refuses everything that was revoked before', async () => {
      const token = newToken()
      await revoke(token)
      const pool = openPool({ url: database.urlOf('image'), max: 2, name: 'image-test' })
      const late = new CachedRevocations({
        sql: pool,
        redis: openRedis(redis.url),
        subscriber: openRedis(redis.url),
      })
      undo.unshift(
        () => late.close(),
        () => pool.end({ timeout: 1 }),
      )
      await expect.poll(() => isTrustedAfterUse(late)).toBe(true)
      expect(late.isRevoked(token)).toBe(true)
    })

    test('an idle verifier is not waited for, and refuses revoked tokens when it is used again', async () => {
      await untilTrusted()
      await expect
        .poll(async () => (await sql`select from member.verifier`).length, { timeout: 5_000 })
        .toBe(0)
      expect(verifiers.map(({ isTrusted }) => isTrusted)).toEqual([false, false, false])
      memberToRedis.close()
      const token = newToken()
      expect((await revoke(token)).milliseconds).toBeLessThan(100)
      expect(await check(token)).toEqual(ALL)
      await untilTrusted()
      expect(verifiers.map((verifier) => verifier.isRevoked(token))).toEqual(ALL)
    })
  },
)

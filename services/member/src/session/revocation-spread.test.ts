import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AccessToken } from '@dailyfeed/access-token/access-token'
import { CachedRevocations } from '@dailyfeed/access-token/cached-revocations'
import {
  blacklistKeyOf,
  CONFIRM_WITHIN_MILLISECONDS,
} from '@dailyfeed/access-token/revocation-channel'
import type { Revocation } from '@dailyfeed/access-token/revocations'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { inTransaction } from '@dailyfeed/postgres-support/queryable'
import { openRedis } from '@dailyfeed/redis-support/open-redis'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { eventually } from '@dailyfeed/tests/eventually'
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
      await eventually('revocations are confirmed over Redis', isConfirmedInTime)
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
      eventually(
        'every verifier trusts its cache',
        () => verifiers.map(isTrustedAfterUse),
        (trusted) => trusted.every(Boolean),
      )
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
    /** Whether it ended by confirmations: without them, it ends by the time-out. */
    const isConfirmedInTime = async () =>
      (await revoke(newToken())).milliseconds < CONFIRM_WITHIN_MILLISECONDS / 2
    const check = (token: AccessToken) =>
      Promise.all(verifiers.map((verifier) => verifier.isRevoked(token)))
    const ALL = [true, true, true]
    const NONE = [false, false, false]

    test('all verifiers refuse it at once by their caches', async () => {
      const token = newToken()
      expect(verifiers.map((verifier) => verifier.isRevoked(token))).toEqual(NONE)
      await revoke(token)
      expect(verifiers.map((verifier) => verifier.isRevoked(token))).toEqual(ALL)
      const client = openRedis(redis.url)
      const key = blacklistKeyOf(token.tokenId)
      await eventually(
        'the token is in Redis',
        () => client.get(key).catch(() => null),
        (value) => value === '1',
      )
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
        expect(milliseconds).toBeLessThan(10 * CONFIRM_WITHIN_MILLISECONDS)
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
      await revoke(token)
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
      await eventually('the verifier trusts its cache', () => isTrustedAfterUse(paused))
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
      const [inserted, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      const slow = inTransaction(sql, async (transaction) => {
        await blacklistToken(transaction, first.tokenId, first.sessionId, first.expiresAt)
        inserted.resolve()
        await held.promise
        order.push('first')
      })
      await inserted.promise
      const quick = blacklistToken(sql, second.tokenId, second.sessionId, second.expiresAt).then(
        () => order.push('second'),
      )
      await eventually('the second one waits for the lock of the first', async () => {
        const waiting = await database.sql`
          select from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`
        return waiting.length > 0
      })
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
      await eventually('the verifier trusts its cache', () => isTrustedAfterUse(late))
      expect(late.isRevoked(token)).toBe(true)
    })

    test('an idle verifier is not waited for, and refuses revoked tokens when it is used again', async () => {
      await untilTrusted()
      await eventually(
        'every verifier is idle',
        async () => (await sql`select from member.verifier`).length,
        (count) => count === 0,
      )
      expect(verifiers.map(({ isTrusted }) => isTrusted)).toEqual([false, false, false])
      memberToRedis.close()
      await eventually('a revocation waits for no verifier', isConfirmedInTime)
      const token = newToken()
      await revoke(token)
      expect(await check(token)).toEqual(ALL)
      await untilTrusted()
      expect(verifiers.map((verifier) => verifier.isRevoked(token))).toEqual(ALL)
    })
  },
)

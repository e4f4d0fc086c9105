import { setTimeout as sleep } from 'node:timers/promises'
import type { ServiceName } from '@dailyfeed/contract/services'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, clientAt, type Method } from '../http-client.ts'
import { connectAsOwner } from '../owner-connection.ts'
import { redisIsMissing, startTestRedis } from '../redis.ts'
import { KEY_SET_CACHE_MS, rotationStorm, STORM_SETTINGS } from '../security/rotation-storm.ts'
import { forgeToken, readSigningKeys, type SigningKey } from '../security/token-forge.ts'
import { type SeparateServices, startSeparateServices } from '../separate-services.ts'
import { type Member, newMember, PASSWORD } from './client.ts'

/** Checks of authentication that need every service in a separate process, and Redis between them. */
const isMissing = await redisIsMissing()

/** A route of each service that requires a member. */
const PROTECTED: readonly [ServiceName, method: Method, path: string, body?: object][] = [
  ['member', 'GET', '/api/members/profile'],
  ['content', 'DELETE', '/api/posts/999999'],
  ['timeline', 'GET', '/api/timeline/posts/followings'],
  ['search', 'GET', '/api/search/posts?keyword=x'],
  ['image', 'POST', '/api/images/view/command/delete/in', { imageUrls: [] }],
  ['activity', 'GET', '/api/member-activities'],
  ['batch', 'GET', '/api/admin/jobs'],
]

describe.skipIf(isMissing)('every service in a separate process', () => {
  let redis: Awaited<ReturnType<typeof startTestRedis>>
  let services: SeparateServices
  let sql: Sql

  beforeAll(async () => {
    redis = await startTestRedis()
    services = await startSeparateServices({
      env: (service) => ({
        REDIS_URL: redis.url,
        ...STORM_SETTINGS,
        ACCESS_TOKEN_TTL_SECONDS: '60',
        JWT_KEY_GRACE_SECONDS: '62',
        ...(service === 'member' && { RATE_LIMIT: 'on' }),
      }),
    })
    sql = connectAsOwner(services.database.ownerUrl)
  })
  afterAll(async () => {
    await sql?.end({ timeout: 1 })
    await services?.stopAll()
    await redis?.stop()
  })

  const askEach = (authorization: string) =>
    Promise.all(
      PROTECTED.map(
        async ([service, method, path, body]) =>
          [
            service,
            (
              await ask(clientAt(services.urlOf(service)), {
                as: authorization,
                method,
                url: path,
                body,
              })
            ).status,
          ] as const,
      ),
    )
  const refused = PROTECTED.map(([service]) => [service, 401])
  const logIn = async ({ email }: Member) =>
    (
      await ask(clientAt(services.url), {
        url: '/api/authentication/login',
        body: { email, password: PASSWORD },
      })
    ).headers.get('authorization') ?? ''

  test('A2: each service refuses well-signed tokens that lack a claim or have another type', async () => {
    const [member, keys] = [await newMember({}, services.url), await readSigningKeys(sql, services)]
    const primary = keys.find(({ state }) => state === 'PRIMARY') as SigningKey
    for (const [service, status] of await askEach(
      await forgeToken(primary, { memberId: member.id }),
    ))
      expect([service, status === 401]).toEqual([service, false])
    for (const claim of ['iss', 'aud', 'sub', 'jti', 'iat', 'nbf', 'exp', 'id', 'sid'])
      expect([
        claim,
        await askEach(await forgeToken(primary, { memberId: member.id, without: [claim] })),
      ]).toEqual([claim, refused])
    for (const header of [
      { typ: 'JWT' },
      { typ: 'refresh+jwt' },
      { kid: '../../../dev/null' },
      { kid: '__proto__' },
    ])
      expect([
        header,
        await askEach(await forgeToken(primary, { memberId: member.id, header })),
      ]).toEqual([header, refused])
  })

  test('A3, A8: each service refuses tokens that are unsigned or forged from public data', async () => {
    const { id } = await newMember({}, services.url)
    const unsigned = [
      { alg: 'none', typ: 'at+jwt' },
      { id, sub: String(id), exp: Math.floor(Date.now() / 1_000) + 60 },
    ]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.')
    for (const token of [
      `${unsigned}.`,
      unsigned,
      `${unsigned}.AAAA`,
      'x'.repeat(5_000),
      'a.b.c.d.e',
    ])
      expect([token.length, await askEach(`Bearer ${token}`)]).toEqual([token.length, refused])
    const set = await (await fetch(`${services.urlOf('member')}/.well-known/jwks.json`)).text()
    expect(set).not.toMatch(/"(d|p|q|k)"\s*:/)
  })

  test('B9: once a logout is answered, two hundred requests to every service are refused', async () => {
    const member = await newMember({}, services.url)
    expect((await askEach(member.bearer)).filter(([, status]) => status === 401)).toEqual([])
    expect((await ask(member, { method: 'POST', url: '/api/authentication/logout' })).status).toBe(
      200,
    )
    const answers = (
      await Promise.all(Array.from({ length: 30 }, () => askEach(member.bearer)))
    ).flat()
    expect(answers.length).toBeGreaterThanOrEqual(200)
    expect(answers.filter(([, status]) => status !== 401)).toEqual([])
  })

  test('B10: after logout-all, no service accepts an access token of any of five devices', async () => {
    const member = await newMember({}, services.url)
    const devices = [
      member.bearer,
      ...(await Promise.all(Array.from({ length: 4 }, () => logIn(member)))),
    ]
    expect(
      (await ask(member, { method: 'POST', url: '/api/authentication/logout-all' })).status,
    ).toBe(200)
    for (const bearer of devices) expect(await askEach(bearer)).toEqual(refused)
  })

  test('B11: a withdrawal ends all access tokens, a password change those of other devices', async () => {
    const member = await newMember({}, services.url)
    const other = await logIn(member)
    const changed = await ask(member, {
      method: 'PUT',
      url: '/api/members/password',
      body: {
        currentPassword: PASSWORD,
        newPassword: 'another good password',
      },
    })
    expect(changed.status).toBe(200)
    expect(await askEach(other)).toEqual(refused)
    const bearer = changed.headers.get('authorization') ?? ''
    expect((await askEach(bearer)).filter(([, status]) => status === 401)).toEqual([])
    expect(
      (
        await ask(clientAt(services.url), {
          as: bearer,
          method: 'DELETE',
          url: '/api/authentication/deactivate',
          body: { password: 'another good password' },
        })
      ).status,
    ).toBe(200)
    expect(await askEach(bearer)).toEqual(refused)
  })

  test.each<[string, () => Promise<unknown> | unknown, () => Promise<unknown> | unknown]>([
    ['flushed', () => redis.server.kill().then(() => redis.server.start()), () => {}],
    ['paused', () => redis.server.pause(), () => redis.server.resume()],
    ['killed', () => redis.server.kill(), () => redis.server.start()],
  ])(
    'B12: with Redis %s, every service refuses a token once its logout is answered',
    async (_state, begin, end) => {
      const members = await Promise.all(
        Array.from({ length: 3 }, () => newMember({}, services.url)),
      )
      const good = await newMember({}, services.url)
      await begin()
      try {
        for (const member of members) {
          // The answer arrives while Redis is still in that state: a logout does not wait for it.
          expect(
            (await ask(member, { method: 'POST', url: '/api/authentication/logout' })).status,
          ).toBe(200)
          expect(
            (await Promise.all(Array.from({ length: 5 }, () => askEach(member.bearer))))
              .flat()
              .filter(([, status]) => status !== 401),
          ).toEqual([])
        }
        expect((await askEach(good.bearer)).filter(([, status]) => status === 401)).toEqual([])
      } finally {
        await end()
      }
    },
  )

  test('C8: guesses at one account are limited also while Redis is away', async () => {
    const member = await newMember({}, services.url)
    await redis.server.kill()
    try {
      const statuses: number[] = []
      for (let n = 0; n < 15; n += 1)
        statuses.push(
          (
            await ask(clientAt(services.url), {
              url: '/api/authentication/login',
              body: { email: member.email, password: `guess ${n}` },
            })
          ).status,
        )
      expect(statuses.slice(0, 10)).toEqual(Array(10).fill(401))
      expect(statuses.slice(10)).toEqual(Array(5).fill(429))
    } finally {
      await redis.server.start()
      await redis.untilReady()
    }
  })

  test('A10: without member-svc, tokens are still verified and a login answers 503 with Retry-After', async () => {
    const member = await newMember({}, services.url)
    const reads = PROTECTED.filter(([service]) => service !== 'member')
    const askReads = () =>
      Promise.all(
        reads.map(
          async ([service, method, path, body]) =>
            (
              await ask(clientAt(services.urlOf(service)), {
                as: member.bearer,
                method,
                url: path,
                body,
              })
            ).status,
        ),
      )
    expect((await askReads()).filter((status) => status === 401)).toEqual([])
    await services.end('member', 'SIGKILL')
    try {
      // Longer than key sets are cached, so that every service has tried to load the set again.
      for (const end = performance.now() + 2 * KEY_SET_CACHE_MS; performance.now() < end; ) {
        expect((await askReads()).filter((status) => status === 401 || status >= 500)).toEqual([])
        await sleep(20)
      }
      const login = await ask(clientAt(services.url), {
        url: '/api/authentication/login',
        body: { email: member.email, password: PASSWORD },
      })
      expect(login.status).toBe(503)
      expect(Number(login.headers.get('retry-after'))).toBeGreaterThan(0)
    } finally {
      await services.start('member')
    }
  })

  test('A6: under key rotation no living token is refused, and none of a key past its grace accepted', async () => {
    for (const service of ['member', 'timeline', 'activity'] as const) {
      await services.end(service, 'SIGTERM')
      await services.start(service, { env: { ...STORM_SETTINGS, RATE_LIMIT: 'off' } })
    }
    const report = await rotationStorm(services, sql, 32)
    expect(report).toMatchObject({ wronglyRefused: [], retiredAccepted: [], otherAnswers: 0 })
    expect(report.rotations).toBeGreaterThanOrEqual(4)
    expect(report.requests).toBeGreaterThan(0)
    expect(report.retiredTried).toBeGreaterThan(0)
  })
})

import { setTimeout as sleep } from 'node:timers/promises'
import type { ServiceName } from '@dailyfeed/contract/services'
import postgres, { type Sql } from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Method } from '../http-client.ts'
import { redisIsMissing, startTestRedis } from '../redis.ts'
import { rotationStorm, STORM_SETTINGS } from '../security/rotation-storm.ts'
import { forge, readSigningKeys, type SigningKey } from '../security/token-forge.ts'
import { type SeparateServices, startSeparateServices } from '../separate-services.ts'
import { ask, type Member, newMember, PASSWORD } from './client.ts'

/** Checks of reliability that need every service in a process of its own, and Redis between them. */
const isMissing = await redisIsMissing()

/** A route of each service that asks for a member. */
const PROTECTED: readonly [ServiceName, method: Method, path: string, body?: object][] = [
  ['member', 'GET', '/api/members/profile'],
  ['content', 'DELETE', '/api/posts/999999'],
  ['timeline', 'GET', '/api/timeline/posts/followings'],
  ['search', 'GET', '/api/search/posts?keyword=x'],
  ['image', 'POST', '/api/images/view/command/delete/in', { imageUrls: [] }],
  ['activity', 'GET', '/api/member-activities'],
  ['batch', 'GET', '/api/admin/jobs'],
]

describe.skipIf(isMissing)('every service, each in a process of its own', () => {
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
    sql = postgres(services.database.ownerUrl, { max: 2, onnotice() {} }) as unknown as Sql
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
            (await ask(method, path, body, { authorization }, services.urlOf(service))).status,
          ] as const,
      ),
    )
  const refused = PROTECTED.map(([service]) => [service, 401])
  const logIn = async ({ email }: Member) =>
    (
      await ask(
        'POST',
        '/api/authentication/login',
        { email, password: PASSWORD },
        {},
        services.url,
      )
    ).headers.get('authorization') ?? ''

  test('A2: a token with a good signature that lacks a claim, or is of another type, is refused by each service itself', async () => {
    const [member, keys] = [await newMember({}, services.url), await readSigningKeys(sql, services)]
    const primary = keys.find(({ state }) => state === 'PRIMARY') as SigningKey
    for (const [service, status] of await askEach(await forge(primary, { memberId: member.id })))
      expect([service, status === 401]).toEqual([service, false])
    for (const claim of ['iss', 'aud', 'sub', 'jti', 'iat', 'nbf', 'exp', 'id', 'sid'])
      expect([
        claim,
        await askEach(await forge(primary, { memberId: member.id, without: [claim] })),
      ]).toEqual([claim, refused])
    for (const header of [
      { typ: 'JWT' },
      { typ: 'refresh+jwt' },
      { kid: '../../../dev/null' },
      { kid: '__proto__' },
    ])
      expect([
        header,
        await askEach(await forge(primary, { memberId: member.id, header })),
      ]).toEqual([header, refused])
  })

  test('A3, A8: a token that was signed with what everybody can see is refused by each service itself', async () => {
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

  test('B9: after logout has answered, two hundred requests to every service are all refused', async () => {
    const member = await newMember({}, services.url)
    expect((await askEach(member.bearer)).filter(([, status]) => status === 401)).toEqual([])
    expect((await member.ask('POST', '/api/authentication/logout')).status).toBe(200)
    const answers = (
      await Promise.all(Array.from({ length: 30 }, () => askEach(member.bearer)))
    ).flat()
    expect(answers.length).toBeGreaterThanOrEqual(200)
    expect(answers.filter(([, status]) => status !== 401)).toEqual([])
  })

  test('B10: after logout-all, no access token of five devices is accepted anywhere', async () => {
    const member = await newMember({}, services.url)
    const devices = [
      member.bearer,
      ...(await Promise.all(Array.from({ length: 4 }, () => logIn(member)))),
    ]
    expect((await member.ask('POST', '/api/authentication/logout-all')).status).toBe(200)
    for (const bearer of devices) expect(await askEach(bearer)).toEqual(refused)
  })

  test('B11: after a withdrawal, and for other devices after a change of password, no access token is accepted anywhere', async () => {
    const member = await newMember({}, services.url)
    const other = await logIn(member)
    const changed = await member.ask('PUT', '/api/members/password', {
      currentPassword: PASSWORD,
      newPassword: 'another good password',
    })
    expect(changed.status).toBe(200)
    expect(await askEach(other)).toEqual(refused)
    const bearer = changed.headers.get('authorization') ?? ''
    expect((await askEach(bearer)).filter(([, status]) => status === 401)).toEqual([])
    expect(
      (
        await ask(
          'DELETE',
          '/api/authentication/deactivate',
          { password: 'another good password' },
          { authorization: bearer },
          services.url,
        )
      ).status,
    ).toBe(200)
    expect(await askEach(bearer)).toEqual(refused)
  })

  test.each<[string, () => Promise<unknown> | unknown, () => Promise<unknown> | unknown]>([
    ['flushed', () => redis.server.kill().then(() => redis.server.start()), () => {}],
    ['paused', () => redis.server.pause(), () => redis.server.resume()],
    ['killed', () => redis.server.kill(), () => redis.server.start()],
  ])(
    'B12: with Redis %s, a token is refused everywhere from the moment its logout has answered',
    async (_what, begin, end) => {
      const members = await Promise.all(
        Array.from({ length: 3 }, () => newMember({}, services.url)),
      )
      const good = await newMember({}, services.url)
      await begin()
      try {
        for (const member of members) {
          const startedAt = performance.now()
          expect((await member.ask('POST', '/api/authentication/logout')).status).toBe(200)
          expect(performance.now() - startedAt).toBeLessThan(2_000)
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

  test('C8: with Redis away, guesses at one account are limited all the same', async () => {
    const member = await newMember({}, services.url)
    await redis.server.kill()
    try {
      const statuses: number[] = []
      for (let n = 0; n < 15; n += 1)
        statuses.push(
          (
            await ask(
              'POST',
              '/api/authentication/login',
              { email: member.email, password: `guess ${n}` },
              {},
              services.url,
            )
          ).status,
        )
      expect(statuses.slice(0, 10)).toEqual(Array(10).fill(401))
      expect(statuses.slice(10)).toEqual(Array(5).fill(429))
    } finally {
      await redis.server.start()
      await redis.untilReady()
    }
  })

  test('A10: while member-svc is away, tokens are verified all the same; a login is 503 with Retry-After, never 401', async () => {
    const member = await newMember({}, services.url)
    const reads = PROTECTED.filter(([service]) => service !== 'member')
    const askReads = () =>
      Promise.all(
        reads.map(
          async ([service, method, path, body]) =>
            (
              await ask(
                method,
                path,
                body,
                { authorization: member.bearer },
                services.urlOf(service),
              )
            ).status,
        ),
      )
    expect((await askReads()).filter((status) => status === 401)).toEqual([])
    await services.end('member', 'SIGKILL')
    try {
      for (let n = 0; n < 50; n += 1) {
        expect((await askReads()).filter((status) => status === 401 || status >= 500)).toEqual([])
        await sleep(20)
      }
      const login = await ask(
        'POST',
        '/api/authentication/login',
        { email: member.email, password: PASSWORD },
        {},
        services.url,
      )
      expect(login.status).toBe(503)
      expect(Number(login.headers.get('retry-after'))).toBeGreaterThan(0)
    } finally {
      await services.start('member')
    }
  })

  test('A6: keys rotate every five seconds under load: no token that should live is refused, none of a key past its grace accepted', async () => {
    await services.end('member', 'SIGTERM')
    await services.start('member', { env: { ...STORM_SETTINGS, RATE_LIMIT: 'off' } })
    const report = await rotationStorm(services, sql, 32)
    expect(report).toMatchObject({ wronglyRefused: [], retiredAccepted: [], otherAnswers: 0 })
    expect(report.rotations).toBeGreaterThanOrEqual(4)
    expect(report.requests).toBeGreaterThan(500)
    expect(report.retiredTried).toBeGreaterThan(0)
  })
})

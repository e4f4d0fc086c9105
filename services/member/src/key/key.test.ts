import { eventually } from '@dailyfeed/tests/eventually'
import { ask } from '@dailyfeed/tests/http-client'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fromBatch, type MemberFixture, memberFixture } from '../member-fixture.ts'
import { createKeyStore } from './key-store.ts'

let member: MemberFixture
beforeAll(async () => {
  member = await memberFixture({ JWKS_CACHE_SECONDS: '60', JWT_KEY_GRACE_SECONDS: '100' })
})
afterAll(() => member.close())

/** As if every verifier had fetched the key set since. */
const letVerifiersRefetch = () =>
  member.database.sql`update member.jwt_key set created_at = created_at - interval '63 seconds'`
const publishedKeys = async (): Promise<{ kid: string; exp?: number }[]> =>
  (await ask(member.client, { url: '/.well-known/jwks.json' })).body.keys
const stateOf = async () =>
  Object.fromEntries(
    (
      await member.database.sql`select state, count(*)::int as n from member.jwt_key group by state`
    ).map(({ state, n }) => [state, n]),
  )
const run = (job: string, headers: Record<string, string> = fromBatch) =>
  ask(member.client, { method: 'POST', url: `/internal/jobs/${job}`, headers })
const storeOf = (encryptionKey: string) =>
  createKeyStore({ sql: member.sql, encryptionKey, graceSeconds: 100, publishSeconds: 60 })
const SECRET = 'a-secret-of-at-least-32-characters'

test('ten simultaneous first starts create one signing key', async () => {
  await member.database.sql`delete from member.jwt_key`
  const made = await Promise.all(Array.from({ length: 10 }, () => storeOf(SECRET).initialise()))
  expect(made.filter(Boolean)).toHaveLength(1)
  expect(await stateOf()).toEqual({ PRIMARY: 1 })
})

test('a start with another JWT_KEY_ENCRYPTION_KEY fails and names the setting', async () => {
  await expect(storeOf('another-secret-of-32-characters-or-more').initialise()).rejects.toThrow(
    'another JWT_KEY_ENCRYPTION_KEY',
  )
})

test('A6: a key is published before it signs, for as long as verifiers cache a set', async () => {
  expect((await run('jwtKeyRotationJob')).body.data).toEqual({ rotated: 0 })
  expect(await stateOf()).toEqual({ PRIMARY: 1, NEXT: 1 })
  expect(await publishedKeys()).toHaveLength(2)
  expect((await run('jwtKeyRotationJob')).body.data).toEqual({ rotated: 0 })
  await letVerifiersRefetch()
  expect((await run('jwtKeyRotationJob')).body.data).toEqual({ rotated: 1 })
  expect(await stateOf()).toEqual({ PRIMARY: 1, NEXT: 1, RETIRED: 1 })
})

test('tokens of a retired key are accepted for its grace, then refused with X-Token-Refresh-Needed', async () => {
  await member.database.sql`delete from member.jwt_key where state = 'RETIRED'`
  const account = await member.signUp()
  const refresh = await ask(member.client, {
    method: 'POST',
    url: '/api/token/refresh',
    headers: { cookie: account.cookie },
  })
  const bearers = [account.bearer, String(refresh.headers.get('authorization'))]
  await letVerifiersRefetch()
  const before = Date.now() / 1_000
  await run('jwtKeyRotationJob')
  const after = Date.now() / 1_000
  expect((await ask(member.client, { as: account.bearer, url: '/api/members' })).status).toBe(200)
  const retired = (await publishedKeys()).filter(({ exp }) => exp !== undefined)
  expect(retired).toHaveLength(1)
  expect(retired[0]?.exp).toBeGreaterThan(before + 99)
  expect(retired[0]?.exp).toBeLessThan(after + 102)

  await member.database
    .sql`update member.jwt_key set retired_at = retired_at - interval '110 seconds' where state = 'RETIRED'`
  await run('tokenCleanupJob')
  await eventually('the cached key set has expired', publishedKeys, (keys) =>
    keys.some(({ exp = before }) => exp < before),
  )
  for (const authorization of bearers) {
    const { status, body, headers } = await ask(member.client, {
      as: authorization,
      url: '/api/members',
    })
    expect([
      status,
      body.code,
      headers.get('x-token-refresh-needed'),
      headers.get('x-relogin-required'),
    ]).toEqual([401, 'JWT_KEY_EXPIRED', 'true', null])
  }
  const refreshed = await ask(member.client, {
    method: 'POST',
    url: '/api/token/refresh',
    headers: { cookie: refresh.cookie ?? '' },
  })
  const bearer = String(refreshed.headers.get('authorization'))
  const use = () => ask(member.client, { as: bearer, url: '/api/members' })
  expect((await use()).status).toBe(200)
  // A token of an expired key still ends its session.
  const logout = await ask(member.client, {
    as: account.bearer,
    method: 'POST',
    url: '/api/authentication/logout',
  })
  expect(logout.status).toBe(200)
  expect((await use()).body.code).toBe('MEMBER_UNAUTHORIZED')

  await member.database
    .sql`update member.jwt_key set retired_at = retired_at - interval '1 day' where state = 'RETIRED'`
  expect((await run('tokenCleanupJob')).body.data.keys).toBe(1)
})

test('only batch-svc may run jobs', async () => {
  const account = await member.signUp()
  expect((await run('jwtKeyRotationJob', {})).status).toBe(401)
  expect((await run('jwtKeyRotationJob', { authorization: account.bearer })).status).toBe(401)
  expect((await run('anotherJob')).body.code).toBe('NOT_FOUND')
})

test('tokenCleanupJob deletes expired rows and keeps what open sessions need', async () => {
  const [account, old] = [await member.signUp(), await member.signUp()]
  await ask(member.client, { as: old.bearer, method: 'POST', url: '/api/authentication/logout' })
  await member.database
    .sql`update member.session set ended_at = now() - interval '3 days' where member_id = ${old.id}`
  await member.database
    .sql`update member.jwt_blacklist set expires_at = now() - interval '2 days' where session_id in (select id from member.session where member_id = ${old.id})`
  const { body } = await run('tokenCleanupJob')
  expect(body.data).toEqual({
    tokens: 0,
    revocations: 2,
    sessions: 1,
    keys: 0,
    auditEntries: 0,
    verifiers: 0,
  })
  expect(
    (
      await ask(member.client, {
        method: 'POST',
        url: '/api/token/refresh',
        headers: { cookie: account.cookie },
      })
    ).status,
  ).toBe(200)
})

test('A7: a rotation killed half-way, twenty times, leaves one primary key and logins work', {
  timeout: 120_000,
}, async () => {
  let rotations = 0
  // On a slow machine fewer rotations complete before the kill, so that it takes more processes.
  for (let n = 0; n < 20 || (rotations <= 20 && n < 60); n += 1) {
    const before = await countRetired()
    const child = spawn(
      process.execPath,
      [
        join(import.meta.dirname, 'rotate-until-killed.fixture.ts'),
        member.database.urlOf('member'),
        'a-secret-of-at-least-32-characters',
      ],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    await once(child.stdout, 'data')
    await sleep(5 + (n % 20) * 7)
    child.kill('SIGKILL')
    await once(child, 'exit')
    rotations += (await countRetired()) - before
    const [{ primaries }] = await member.sql<
      [{ primaries: number }]
    >`select count(*)::int as primaries from member.jwt_key where state = 'PRIMARY'`
    expect(primaries).toBe(1)
  }
  expect(rotations).toBeGreaterThan(20)
  expect((await member.signUp()).bearer).toMatch(/^Bearer /)
})

const countRetired = async () =>
  (await member.sql`select from member.jwt_key where state = 'RETIRED'`).length

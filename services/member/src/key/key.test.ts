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

const aVerifierLater = () =>
  member.database.sql`update member.jwt_key set created_at = created_at - interval '63 seconds'`
const publishedKeys = async (): Promise<{ kid: string; exp?: number }[]> =>
  (await member.ask('GET', '/.well-known/jwks.json')).body.keys
const stateOf = async () =>
  Object.fromEntries(
    (
      await member.database.sql`select state, count(*)::int as n from member.jwt_key group by state`
    ).map(({ state, n }) => [state, n]),
  )
const run = (job: string, headers: Record<string, string> = fromBatch) =>
  member.ask('POST', `/internal/jobs/${job}`, undefined, headers)
const storeOf = (encryptionKey: string) =>
  createKeyStore({ sql: member.sql, encryptionKey, graceSeconds: 100, publishSeconds: 60 })
const SECRET = 'a-secret-of-at-least-32-characters'

test('ten first starts at once make one signing key', async () => {
  await member.database.sql`delete from member.jwt_key`
  const made = await Promise.all(Array.from({ length: 10 }, () => storeOf(SECRET).initialise()))
  expect(made.filter(Boolean)).toHaveLength(1)
  expect(await stateOf()).toEqual({ PRIMARY: 1 })
})

test('a start with another JWT_KEY_ENCRYPTION_KEY than the database’s fails, and says why', async () => {
  await expect(storeOf('another-secret-of-32-characters-or-more').initialise()).rejects.toThrow(
    'another JWT_KEY_ENCRYPTION_KEY',
  )
})

test('A6: a key is published before it signs, for as long as verifiers keep a set', async () => {
  expect((await run('jwtKeyRotationJob')).body.data).toEqual({ rotated: 0 })
  expect(await stateOf()).toEqual({ PRIMARY: 1, NEXT: 1 })
  expect(await publishedKeys()).toHaveLength(2)
  expect((await run('jwtKeyRotationJob')).body.data).toEqual({ rotated: 0 })
  await aVerifierLater()
  expect((await run('jwtKeyRotationJob')).body.data).toEqual({ rotated: 1 })
  expect(await stateOf()).toEqual({ PRIMARY: 1, NEXT: 1, RETIRED: 1 })
})

test('a retired key is accepted for its grace, then its tokens are JWT_KEY_EXPIRED with X-Token-Refresh-Needed and can still log out; a day later it is gone', async () => {
  await member.database.sql`delete from member.jwt_key where state = 'RETIRED'`
  const account = await member.signUp()
  const ask = () => member.ask('GET', '/api/members', undefined, { authorization: account.bearer })
  const refresh = await member.ask('POST', '/api/token/refresh', undefined, {
    cookie: account.cookie,
  })
  const bearers = [account.bearer, String(refresh.headers['authorization'])]
  await aVerifierLater()
  await run('jwtKeyRotationJob')
  expect((await ask()).status).toBe(200)
  const retired = (await publishedKeys()).filter(({ exp }) => exp !== undefined)
  expect(retired).toHaveLength(1)
  expect(Math.abs((retired[0]?.exp ?? 0) - Date.now() / 1_000 - 100)).toBeLessThan(5)

  await member.database
    .sql`update member.jwt_key set retired_at = retired_at - interval '110 seconds' where state = 'RETIRED'`
  await run('tokenCleanupJob')
  await new Promise((resolve) => setTimeout(resolve, 2_100))
  await publishedKeys() // read again for this answer; a request of a member would not wait for it
  for (const authorization of bearers) {
    const { status, body, headers } = await member.ask('GET', '/api/members', undefined, {
      authorization,
    })
    expect([
      status,
      body.code,
      headers['x-token-refresh-needed'],
      headers['x-relogin-required'],
    ]).toEqual([401, 'JWT_KEY_EXPIRED', 'true', undefined])
  }
  const again = await member.ask('POST', '/api/token/refresh', undefined, {
    cookie: refresh.cookie ?? '',
  })
  expect(
    (
      await member.ask('GET', '/api/members', undefined, {
        authorization: String(again.headers['authorization']),
      })
    ).status,
  ).toBe(200)
  expect(
    (
      await member.ask('POST', '/api/authentication/logout', undefined, {
        authorization: account.bearer,
      })
    ).status,
  ).toBe(200)
  expect(
    (
      await member.ask('GET', '/api/members', undefined, {
        authorization: String(again.headers['authorization']),
      })
    ).body.code,
  ).toBe('MEMBER_UNAUTHORIZED')

  await member.database
    .sql`update member.jwt_key set retired_at = retired_at - interval '1 day' where state = 'RETIRED'`
  expect((await run('tokenCleanupJob')).body.data.keys).toBe(1)
})

test('jobs are for batch-svc alone', async () => {
  const account = await member.signUp()
  expect((await run('jwtKeyRotationJob', {})).status).toBe(401)
  expect((await run('jwtKeyRotationJob', { authorization: account.bearer })).status).toBe(401)
  expect((await run('anotherJob')).body.code).toBe('NOT_FOUND')
})

test('the clean-up drops what no living token can need, and nothing else', async () => {
  const [account, old] = [await member.signUp(), await member.signUp()]
  await member.ask('POST', '/api/authentication/logout', undefined, { authorization: old.bearer })
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
    (await member.ask('POST', '/api/token/refresh', undefined, { cookie: account.cookie })).status,
  ).toBe(200)
})

test('A7: a rotation that is killed half-way, twenty times, leaves exactly one primary, and logins go on', {
  timeout: 120_000,
}, async () => {
  let rotations = 0
  // A slow machine rotates less often before it is killed: then until it has.
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

import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import Type from 'typebox'
import {
  developmentSecretsOf,
  hashOfToken,
  internalCallersOrThrow,
  internalTokenOrThrow,
  secretOrThrow,
} from './development-secrets.ts'
import { ConfigurationError, readConfigOrThrow } from './read-config.ts'
import { baseUrl, databaseSettings, serverSettings } from './settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'dailyfeed-configuration-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const Settings = Type.Object({
  ...serverSettings('content'),
  ...databaseSettings,
  CURSOR_KEY: Type.Optional(Type.String({ minLength: 32 })),
  ACTIVITY_URL: baseUrl('activity', 8086),
})
const required = { DATABASE_URL: 'postgres://localhost/x' }

test('settings have defaults and the types of their schema', () => {
  expect(readConfigOrThrow(Settings, { ...required, PORT: '9000' })).toMatchObject({
    PORT: 9_000,
    HOST: '127.0.0.1',
    LOG_LEVEL: 'info',
    RATE_LIMIT: 'on',
    DATABASE_POOL_MAX: 8,
    ACTIVITY_URL: 'http://127.0.0.1:8086',
  })
})

test('an empty variable counts as absent, and unknown variables are left out', () => {
  const config = readConfigOrThrow(Settings, { ...required, PORT: '', PATH: '/bin' })
  expect(config).toMatchObject({ PORT: 8_081 })
  expect(config).not.toHaveProperty('PATH')
})

test.each([
  [{ PORT: 'x' }, "PORT is 'x'; it must be a whole number from 1 to 65535"],
  [{ PORT: '70000' }, "PORT is '70000'; it must be a whole number from 1 to 65535"],
  [{ RATE_LIMIT: 'maybe' }, "RATE_LIMIT is 'maybe'; it must be on or off"],
  [
    { ACTIVITY_URL: 'activity' },
    "ACTIVITY_URL is 'activity'; it must be base address of activity-svc",
  ],
  [
    { DATABASE_URL: '' },
    'DATABASE_URL is not set; it must be a postgres:// address with the login of this service',
  ],
])('a wrong setting is refused in one line: %j', (env, message) => {
  const read = () => readConfigOrThrow(Settings, { ...required, ...env })
  expect(read).toThrow(ConfigurationError)
  expect(read).toThrow(message)
})

test.each([{ DATABASE_URL: 'mysql://me:hidden@db' }, { CURSOR_KEY: 'hidden' }])(
  'the value of a wrong secret is not printed: %j',
  (env) => {
    const read = () => readConfigOrThrow(Settings, { ...required, ...env })
    expect(read).toThrow('is not acceptable; it must be')
    expect(read).not.toThrow('hidden')
  },
)

test('development secrets are created once, differ by service, and are readable by their owner only', () => {
  const dataDir = join(folder, 'data')
  const secrets = developmentSecretsOf(dataDir)
  expect(developmentSecretsOf(dataDir)).toEqual(secrets)
  expect(new Set(Object.values(secrets.internalTokens)).size).toBe(8)
  expect(statSync(join(dataDir, 'secrets.json')).mode & 0o777).toBe(0o600)
})

test('outside production a missing secret is that of DATA_DIR; in production it is refused', () => {
  const config = { NODE_ENV: 'development', DATA_DIR: join(folder, 'data') }
  const secrets = developmentSecretsOf(config.DATA_DIR)
  const read = (given: string | undefined, env = config) =>
    secretOrThrow('CURSOR_KEY', given, env, ({ cursorKey }) => cursorKey)
  expect(read(undefined)).toBe(secrets.cursorKey)
  expect(read('given')).toBe('given')
  expect(() => read(undefined, { ...config, NODE_ENV: 'production' })).toThrow(
    'CURSOR_KEY is not set; in production it must be text of at least 32 random characters',
  )
})

test('a service admits by default the callers of the SERVICES table, by the hash of their token', () => {
  const config = { NODE_ENV: 'development', DATA_DIR: join(folder, 'data') }
  const callers = internalCallersOrThrow('image', config).split(',')
  expect(callers.map((caller) => caller.split(':')[0])).toEqual(['member', 'batch', 'gateway'])
  expect(callers[0]).toBe(`member:${hashOfToken(internalTokenOrThrow('member', config))}`)
})

const newDataDir = () => mkdtempSync(join(folder, 'data-'))

test('secrets that a killed start left half written are created anew while there is no database', () => {
  const dataDir = newDataDir()
  writeFileSync(join(dataDir, 'secrets.json'), '{"internalTokens": {"member"')
  const secrets = developmentSecretsOf(dataDir)
  expect(secrets.cursorKey.length).toBeGreaterThan(32)
  expect(developmentSecretsOf(dataDir)).toEqual(secrets)
})

test('damaged secrets of an existing database are refused with a sentence', () => {
  const dataDir = newDataDir()
  mkdirSync(join(dataDir, 'postgres'))
  writeFileSync(join(dataDir, 'secrets.json'), '')
  expect(() => developmentSecretsOf(dataDir)).toThrow(ConfigurationError)
  expect(() => developmentSecretsOf(dataDir)).toThrow('is damaged, and the database needs')
})

test('secrets that an earlier release did not need are added, and the others stay', () => {
  const dataDir = newDataDir()
  const { refreshTokenKey, ...earlier } = developmentSecretsOf(dataDir)
  const { batch, ...passwords } = earlier.databasePasswords
  writeFileSync(
    join(dataDir, 'secrets.json'),
    JSON.stringify({ ...earlier, databasePasswords: passwords }),
  )
  const secrets = developmentSecretsOf(dataDir)
  expect(secrets).toMatchObject({
    cursorKey: earlier.cursorKey,
    internalTokens: earlier.internalTokens,
    databasePasswords: passwords,
  })
  expect(secrets.databasePasswords.batch).not.toBe(batch)
  expect(secrets.refreshTokenKey).not.toBe(refreshTokenKey)
  expect(JSON.parse(readFileSync(join(dataDir, 'secrets.json'), 'utf8'))).toEqual(secrets)
})

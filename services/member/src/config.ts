import {
  internalCallersOrThrow,
  internalTokenOrThrow,
  secretOrThrow,
} from '@dailyfeed/configuration/development-secrets'
import { readConfigOrThrow } from '@dailyfeed/configuration/read-config'
import { rateLimitSettings } from '@dailyfeed/configuration/rate-limit-settings'
import {
  cursorSettings,
  databaseSettings,
  eventSettings,
  internalSettings,
  serverSettings,
} from '@dailyfeed/configuration/settings'
import { callSettings } from '@dailyfeed/service-client/call-settings'
import { upstreamSettings } from '@dailyfeed/configuration/upstream-settings'
import { publishSettings } from '@dailyfeed/outbox/publish-settings'
import { redisSettings } from '@dailyfeed/redis-support/redis-settings'
import Type from 'typebox'
import { readProvidersOrThrow } from './sign-in-provider/provider-settings.ts'

const MemberSettings = Type.Object({
  ...serverSettings('member'),
  ...rateLimitSettings,
  ...databaseSettings,
  ...internalSettings,
  ...cursorSettings,
  ...eventSettings,
  ...publishSettings,
  ...redisSettings,
  ...upstreamSettings('member'),
  ...callSettings('member'),
  ACCESS_TOKEN_TTL_SECONDS: Type.Integer({
    minimum: 5,
    maximum: 86_400,
    default: 900,
    description: 'life of an access token',
  }),
  JWT_KEY_GRACE_SECONDS: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 604_800,
      description: 'how long a retired key is accepted; default: the life of a token and 60 s',
    }),
  ),
  JWKS_CACHE_SECONDS: Type.Integer({
    minimum: 1,
    maximum: 86_400,
    default: 600,
    description: 'how long verifiers cache the key set; a key is published as long before it signs',
  }),
  JWT_KEY_ENCRYPTION_KEY: Type.Optional(
    Type.String({ minLength: 32, maxLength: 200, description: 'encrypts signing keys at rest' }),
  ),
  REFRESH_TOKEN_KEY: Type.Optional(
    Type.String({
      minLength: 32,
      maxLength: 200,
      description: 'derives each refresh token from its predecessor',
    }),
  ),
  AUDIT_RETENTION_DAYS: Type.Integer({
    minimum: 30,
    maximum: 3_650,
    default: 365,
    description: 'days that audit entries are kept',
  }),
  LOGIN_FAILURES_PER_ACCOUNT_AND_ADDRESS: Type.Integer({
    minimum: 1,
    maximum: 100,
    default: 10,
    description: 'failed logins to one account from one address, or in one known browser',
  }),
  LOGIN_FAILURES_PER_ACCOUNT: Type.Integer({
    minimum: 1,
    maximum: 100,
    default: 100,
    description: 'failed logins to one account from all addresses',
  }),
  LOGIN_FAILURES_PER_ADDRESS: Type.Integer({
    minimum: 1,
    maximum: 1_000_000,
    default: 100,
    description: 'failed logins from one address to all accounts',
  }),
  LOGIN_FAILURE_WINDOW_SECONDS: Type.Integer({
    minimum: 1,
    maximum: 86_400,
    default: 900,
    description: 'seconds in which failed logins are counted',
  }),
  COOKIE_SECURE: Type.Enum(['auto', 'true', 'false'], {
    default: 'auto',
    description: 'whether the cookie is for HTTPS only; auto: only on HTTPS requests',
  }),
  PUBLIC_URL: Type.Optional(
    Type.String({
      pattern: '^https?://[^/]+$',
      maxLength: 200,
      description: 'the public address of the gateway; unset: the address of each request',
    }),
  ),
  CORS_ORIGINS: Type.String({
    default: 'http://localhost:3000,http://localhost:3001',
    maxLength: 2_000,
    description: 'origins of frontends, separated by commas',
  }),
})

export type MemberConfig = ReturnType<typeof readMemberConfigOrThrow>

export function readMemberConfigOrThrow(env: NodeJS.ProcessEnv) {
  const config = readConfigOrThrow(MemberSettings, env)
  return {
    ...config,
    providers: readProvidersOrThrow(env),
    JWT_KEY_GRACE_SECONDS: config.JWT_KEY_GRACE_SECONDS ?? config.ACCESS_TOKEN_TTL_SECONDS + 60,
    INTERNAL_TOKEN: internalTokenOrThrow('member', config),
    INTERNAL_CALLERS: internalCallersOrThrow('member', config),
    CURSOR_KEY: secretOrThrow(
      'CURSOR_KEY',
      config.CURSOR_KEY,
      config,
      ({ cursorKey }) => cursorKey,
    ),
    JWT_KEY_ENCRYPTION_KEY: secretOrThrow(
      'JWT_KEY_ENCRYPTION_KEY',
      config.JWT_KEY_ENCRYPTION_KEY,
      config,
      ({ jwtKeyEncryptionKey }) => jwtKeyEncryptionKey,
    ),
    REFRESH_TOKEN_KEY: secretOrThrow(
      'REFRESH_TOKEN_KEY',
      config.REFRESH_TOKEN_KEY,
      config,
      ({ refreshTokenKey }) => refreshTokenKey,
    ),
  }
}

import { isAbsolute, join, resolve } from 'node:path'
import type { CalledBy } from '@dailyfeed/contract/services'
import { internalTokenOrThrow } from '@dailyfeed/configuration/development-secrets'
import { ConfigurationError, readConfigOrThrow } from '@dailyfeed/configuration/read-config'
import { rateLimitMemorySettings } from '@dailyfeed/configuration/rate-limit-settings'
import { internalSettings, serverSettings } from '@dailyfeed/configuration/settings'
import { upstreamSettings } from '@dailyfeed/configuration/upstream-settings'
import { type TrustedFrontends, trustedFrontendsOf } from '@dailyfeed/http-server/trusted-frontends'
import { redisSettings } from '@dailyfeed/redis-support/redis-settings'
import Type from 'typebox'
import { limitSettings } from './forward/limit-settings.ts'

export type UpstreamName = CalledBy<'gateway'>

const milliseconds = (fallback: number, description: string) =>
  Type.Integer({ minimum: 100, maximum: 600_000, default: fallback, description })

export const GatewaySettings = Type.Object({
  ...serverSettings('gateway'),
  ...internalSettings,
  ...upstreamSettings('gateway'),
  ...limitSettings,
  UPSTREAM_CONNECT_TIMEOUT_MS: milliseconds(
    5_000,
    'milliseconds to wait until a service accepts a connection',
  ),
  UPSTREAM_READ_TIMEOUT_MS: milliseconds(10_000, 'milliseconds to wait until a service answers'),
  READINESS_GRACE_SECONDS: Type.Integer({
    minimum: 0,
    maximum: 3_600,
    default: 15,
    description: 'seconds for which a service may stay away before the gateway is unready',
  }),
  CORS_ORIGINS: Type.String({
    default: 'http://localhost:3000,http://localhost:3001',
    maxLength: 4_000,
    description: 'origins whose pages may call the API, separated by commas',
  }),
  TRUSTED_FRONTENDS: Type.String({
    default: '',
    maxLength: 4_000,
    description:
      'addresses and CIDR ranges of proxies whose X-Forwarded-* and Forwarded headers are trusted, separated by commas',
  }),
  FORWARDED_HEADER: Type.Enum(['auto', 'x-forwarded-for', 'forwarded'], {
    default: 'auto',
    description:
      'header in which the trusted proxies name their client; auto: X-Forwarded-For, or without it Forwarded',
  }),
  RATE_LIMIT_PER_MINUTE: Type.Integer({
    minimum: 1,
    maximum: 10_000_000,
    default: 3_000,
    description: 'requests of one client address in a minute',
  }),
  RATE_LIMIT_PROFILE_PER_MINUTE: Type.Integer({
    minimum: 1,
    maximum: 10_000_000,
    default: 30_000,
    description: 'reads of the own profile from one client address in a minute',
  }),
  ...rateLimitMemorySettings,
  ...redisSettings,
  WEB_DIR: Type.String({
    default: 'web/dist',
    description: 'folder of the built web client, from the top of the repository',
  }),
  WEB_URL: Type.Optional(
    Type.String({
      pattern: '^https?://',
      description: 'address of a server that serves the pages, instead of WEB_DIR',
    }),
  ),
})

export interface GatewayConfig
  extends Omit<
    Type.Static<typeof GatewaySettings>,
    'CORS_ORIGINS' | 'TRUSTED_FRONTENDS' | 'INTERNAL_TOKEN' | 'INTERNAL_CALLERS'
  > {
  INTERNAL_TOKEN: string
  /** Callers that may read this gateway's metrics; none by default. */
  INTERNAL_CALLERS: string
  CORS_ORIGINS: string[]
  TRUSTED_FRONTENDS: TrustedFrontends
}

const REPOSITORY = resolve(import.meta.dirname, '../../..')

export function readGatewayConfigOrThrow(env: NodeJS.ProcessEnv): GatewayConfig {
  const config = readConfigOrThrow(GatewaySettings, env)
  return {
    ...config,
    INTERNAL_TOKEN: internalTokenOrThrow('gateway', config),
    INTERNAL_CALLERS: config.INTERNAL_CALLERS ?? '',
    CORS_ORIGINS: originsOrThrow(config.CORS_ORIGINS),
    TRUSTED_FRONTENDS: frontendsOrThrow(config.TRUSTED_FRONTENDS),
    WEB_DIR: isAbsolute(config.WEB_DIR) ? config.WEB_DIR : join(REPOSITORY, config.WEB_DIR),
  }
}

/** Exact origins only: a pattern or `*` together with credentials would admit every page. */
function originsOrThrow(list: string): string[] {
  const origins = list
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
  const wrong = origins.find((origin) => !URL.canParse(origin) || new URL(origin).origin !== origin)
  if (wrong !== undefined)
    throw new ConfigurationError(
      `CORS_ORIGINS has '${wrong}'; each must be an origin such as https://feed.example`,
    )
  return origins
}

function frontendsOrThrow(list: string): TrustedFrontends {
  try {
    return trustedFrontendsOf(list)
  } catch (error) {
    throw new ConfigurationError(
      `${(error as Error).message}; it must be addresses or CIDR ranges such as 10.0.0.0/8`,
    )
  }
}

import { defaultPortOf, type ServiceName } from '@dailyfeed/contract/services'
import { callSettingsOf, sharedCallSettings } from '@dailyfeed/service-client/call-settings'
import Type from 'typebox'

const port = (fallback: number) =>
  Type.Integer({ minimum: 1, maximum: 65_535, default: fallback, description: 'port to listen on' })
const choice = <const T extends string[]>(fallback: T[number], description: string, ...values: T) =>
  Type.Enum(values, { default: fallback, description })
export const DatabaseUrl = Type.String({
  pattern: '^postgres(ql)?://',
  description: 'a postgres:// address with the login of this service',
})

const milliseconds = (fallback: number, minimum: number, description: string) =>
  Type.Integer({ minimum, maximum: 60_000, default: fallback, description })

/** When a process refuses requests that it cannot answer in time (docs/limits.md). */
const overloadSettings = {
  OVERLOAD_SHEDDING: choice(
    'on',
    'off admits every request at once, whatever the load',
    'on',
    'off',
  ),
  OVERLOAD_PERIOD_MS: milliseconds(
    200,
    10,
    'milliseconds in which a queue of requests must shrink; one that does not is an overload',
  ),
  OVERLOAD_MAX_WAIT_MS: milliseconds(
    1_000,
    100,
    'milliseconds that a request waits at most for its turn',
  ),
  OVERLOAD_MAX_WAITING: Type.Integer({
    minimum: 16,
    maximum: 100_000,
    default: 1_000,
    description: 'requests of a process that wait for their turn at most',
  }),
  OVERLOAD_EVENT_LOOP_DELAY_MS: milliseconds(
    1_000,
    20,
    'mean delay of the event loop in milliseconds above which requests are refused',
  ),
}

/** Settings of every service; each service adds its own. */
export const serverSettings = (service: ServiceName) => ({
  PORT: port(defaultPortOf(service)),
  HOST: Type.String({ default: '127.0.0.1', description: 'address to bind' }),
  LOG_LEVEL: choice(
    'info',
    'lowest level that is logged',
    'trace',
    'debug',
    'info',
    'warn',
    'error',
    'fatal',
    'silent',
  ),
  NODE_ENV: choice(
    'development',
    'with production, missing secrets are refused',
    'development',
    'test',
    'production',
  ),
  DATA_DIR: Type.String({
    default: '.dailyfeed',
    description: 'folder of local data and of secrets for development',
  }),
  RATE_LIMIT: choice(
    'on',
    'off disables limits of requests and of one client, and the login throttle, for load tests',
    'on',
    'off',
  ),
  ...overloadSettings,
  SHUTDOWN_DELAY_SECONDS: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 300,
      description:
        'seconds after SIGTERM for which requests are still accepted; by default 5 in Kubernetes, else 0',
    }),
  ),
  SHUTDOWN_TIMEOUT_SECONDS: Type.Integer({
    minimum: 1,
    maximum: 3_600,
    default: 9,
    description: 'seconds after that delay until the process ends, whatever is still in progress',
  }),
  KUBERNETES_SERVICE_HOST: Type.Optional(
    Type.String({ maxLength: 255, description: 'set by Kubernetes in each of its containers' }),
  ),
})

export const databaseSettings = {
  DATABASE_URL: DatabaseUrl,
  DATABASE_POOL_MAX: Type.Integer({
    minimum: 2,
    maximum: 64,
    default: 8,
    description: 'maximum number of database connections of this service',
  }),
  DATABASE_QUEUE_TIMEOUT_MILLISECONDS: Type.Integer({
    minimum: 100,
    maximum: 30_000,
    default: 2_000,
    description: 'time for which a statement waits for a database connection',
  }),
}

export const tokenSettings = {
  JWKS_URL: Type.String({
    pattern: '^https?://',
    default: `http://127.0.0.1:${defaultPortOf('member')}/.well-known/jwks.json`,
    description: "address of member-svc's key set",
  }),
  JWKS_CACHE_SECONDS: Type.Integer({
    minimum: 1,
    maximum: 86_400,
    default: 600,
    description: 'seconds for which a key set is cached',
  }),
  ...sharedCallSettings,
  ...callSettingsOf('member'),
}

/** Secrets: required in production; otherwise created in DATA_DIR. */
export const internalSettings = {
  INTERNAL_TOKEN: Type.Optional(
    Type.String({ minLength: 32, maxLength: 200, description: "this service's own credential" }),
  ),
  INTERNAL_CALLERS: Type.Optional(
    Type.String({
      maxLength: 4_000,
      description: 'name:sha256hex of each admitted caller, separated by commas',
    }),
  ),
}

export const cursorSettings = {
  CURSOR_KEY: Type.Optional(
    Type.String({ minLength: 32, maxLength: 200, description: 'key that protects cursors' }),
  ),
  CURSOR_KEY_PREVIOUS: Type.Optional(
    Type.String({
      minLength: 32,
      maxLength: 200,
      description: 'the previous key, still accepted',
    }),
  ),
}

export const eventSettings = {
  TOPIC_TIME_ZONE: Type.String({
    default: 'Asia/Seoul',
    maxLength: 60,
    description: 'IANA time zone of message keys and of the days of topics',
  }),
}

export const baseUrl = (service: string, fallbackPort: number) =>
  Type.String({
    pattern: '^https?://',
    default: `http://127.0.0.1:${fallbackPort}`,
    description: `base address of ${service}-svc`,
  })

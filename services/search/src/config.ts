import {
  internalCallersOrThrow,
  internalTokenOrThrow,
  secretOrThrow,
} from '@dailyfeed/configuration/development-secrets'
import { readConfigOrThrow } from '@dailyfeed/configuration/read-config'
import { rateLimitSettings } from '@dailyfeed/configuration/rate-limit-settings'
import {
  cursorSettings,
  DatabaseUrl,
  databaseSettings,
  eventSettings,
  internalSettings,
  serverSettings,
  tokenSettings,
} from '@dailyfeed/configuration/settings'
import { kafkaSettings } from '@dailyfeed/kafka-support/kafka-settings'
import { redisSettings } from '@dailyfeed/redis-support/redis-settings'
import Type from 'typebox'

export const SearchSettings = Type.Object({
  ...serverSettings('search'),
  ...rateLimitSettings,
  ...databaseSettings,
  DATABASE_READ_URL: Type.Optional({
    ...DatabaseUrl,
    description:
      'a postgres:// address of a streaming replica, with the same login; unset: the primary',
  }),
  ...tokenSettings,
  ...internalSettings,
  ...cursorSettings,
  ...eventSettings,
  ...kafkaSettings,
  ...redisSettings,
  SEARCH_MAX_IN_FLIGHT: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 64,
      description: 'searches that run at once; unset: DATABASE_POOL_MAX',
    }),
  ),
  SEARCH_MAX_IN_FLIGHT_PER_MEMBER: Type.Integer({
    minimum: 1,
    maximum: 64,
    default: 2,
    description: 'searches of one member that run at once',
  }),
  SEARCH_TIMEOUT_MILLISECONDS: Type.Integer({
    minimum: 100,
    maximum: 10_000,
    default: 2_000,
    description: 'time after which a statement of a search is cancelled',
  }),
  OPENSEARCH_URL: Type.Optional(
    Type.String({
      pattern: '^https?://',
      maxLength: 1_000,
      description:
        'http:// or https:// addresses of OpenSearch nodes, separated by commas; unset: PostgreSQL searches',
    }),
  ),
  OPENSEARCH_INDEX_PREFIX: Type.String({
    pattern: '^[a-z0-9][a-z0-9-]{0,49}$',
    default: 'dailyfeed-',
    description: 'prefix of the names of the indexes',
  }),
  OPENSEARCH_SHARDS: Type.Integer({
    minimum: 1,
    maximum: 100,
    default: 1,
    description: 'shards of a new index',
  }),
  OPENSEARCH_REPLICAS: Type.Integer({
    minimum: 0,
    maximum: 10,
    default: 0,
    description: 'replicas of each shard',
  }),
})

export type SearchConfig = ReturnType<typeof readSearchConfigOrThrow>

export function readSearchConfigOrThrow(env: NodeJS.ProcessEnv) {
  const config = readConfigOrThrow(SearchSettings, env)
  return {
    ...config,
    SEARCH_MAX_IN_FLIGHT: config.SEARCH_MAX_IN_FLIGHT ?? config.DATABASE_POOL_MAX,
    INTERNAL_TOKEN: internalTokenOrThrow('search', config),
    INTERNAL_CALLERS: internalCallersOrThrow('search', config),
    CURSOR_KEY: secretOrThrow(
      'CURSOR_KEY',
      config.CURSOR_KEY,
      config,
      ({ cursorKey }) => cursorKey,
    ),
  }
}

import { internalCallersOf, secretOrThrow } from '@dailyfeed/configuration/development-secrets'
import { readConfigOrThrow } from '@dailyfeed/configuration/read-config'
import {
  baseUrl,
  cursorSettings,
  DatabaseUrl,
  databaseSettings,
  eventSettings,
  internalSettings,
  serverSettings,
  tokenSettings,
} from '@dailyfeed/configuration/settings'
import { publishSettings } from '@dailyfeed/outbox/publish-settings'
import { redisSettings } from '@dailyfeed/redis-support/redis-settings'
import Type from 'typebox'

export const TimelineSettings = Type.Object({
  ...serverSettings(8082),
  ...databaseSettings,
  // Half of them read feeds; the others are for snapshots, looks and the relay.
  DATABASE_POOL_MAX: Type.Integer({
    minimum: 4,
    maximum: 64,
    default: 8,
    description: 'connections of this service at most, both pools together',
  }),
  DATABASE_READ_URL: Type.Optional({
    ...DatabaseUrl,
    description:
      'a postgres:// address of a streaming replica, with the same login; unset: the primary',
  }),
  HEAVY_AUTHOR_FOLLOWERS: Type.Integer({
    minimum: 100,
    maximum: 1_000_000,
    default: 10_000,
    description:
      'with Redis: followers from which an author’s posts are merged when a feed is read, not pushed into each',
  }),
  ...tokenSettings,
  ...redisSettings,
  ...internalSettings,
  ...cursorSettings,
  ...eventSettings,
  ...publishSettings,
  ACTIVITY_URL: baseUrl('activity', 8086),
  CONTENT_URL: baseUrl('content', 8081),
})

export type TimelineConfig = ReturnType<typeof readTimelineConfigOrThrow>

export function readTimelineConfigOrThrow(env: NodeJS.ProcessEnv) {
  const config = readConfigOrThrow(TimelineSettings, env)
  return {
    ...config,
    INTERNAL_TOKEN: secretOrThrow(
      'INTERNAL_TOKEN',
      config.INTERNAL_TOKEN,
      config,
      ({ internalTokens }) => internalTokens.timeline,
    ),
    INTERNAL_CALLERS: secretOrThrow(
      'INTERNAL_CALLERS',
      config.INTERNAL_CALLERS,
      config,
      (secrets) => internalCallersOf(secrets, CALLERS),
    ),
    CURSOR_KEY: secretOrThrow(
      'CURSOR_KEY',
      config.CURSOR_KEY,
      config,
      ({ cursorKey }) => cursorKey,
    ),
  }
}

/** Who may call this service's internal routes: batch asks for jobs. */
const CALLERS = ['batch', 'gateway'] as const

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
import { callSettings } from '@dailyfeed/service-client/call-settings'
import { upstreamSettings } from '@dailyfeed/configuration/upstream-settings'
import { publishSettings } from '@dailyfeed/outbox/publish-settings'
import { redisSettings } from '@dailyfeed/redis-support/redis-settings'
import Type from 'typebox'

export const TimelineSettings = Type.Object({
  ...serverSettings('timeline'),
  ...rateLimitSettings,
  ...databaseSettings,
  // Half of them read feeds; the others serve ranking snapshots, views, polls and the relay.
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
  VIEW_WINDOW_SECONDS: Type.Integer({
    minimum: 1,
    maximum: 86_400,
    default: 1_800,
    description: 'seconds in which a member’s views of one post or comment count once',
  }),
  ...tokenSettings,
  ...redisSettings,
  ...internalSettings,
  ...cursorSettings,
  ...eventSettings,
  ...publishSettings,
  ...upstreamSettings('timeline'),
  ...callSettings('timeline'),
})

export type TimelineConfig = ReturnType<typeof readTimelineConfigOrThrow>

export function readTimelineConfigOrThrow(env: NodeJS.ProcessEnv) {
  const config = readConfigOrThrow(TimelineSettings, env)
  return {
    ...config,
    INTERNAL_TOKEN: internalTokenOrThrow('timeline', config),
    INTERNAL_CALLERS: internalCallersOrThrow('timeline', config),
    CURSOR_KEY: secretOrThrow(
      'CURSOR_KEY',
      config.CURSOR_KEY,
      config,
      ({ cursorKey }) => cursorKey,
    ),
  }
}

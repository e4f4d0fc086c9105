import { internalCallersOf, secretOrThrow } from '@dailyfeed/configuration/development-secrets'
import { readConfigOrThrow } from '@dailyfeed/configuration/read-config'
import {
  baseUrl,
  databaseSettings,
  eventSettings,
  internalSettings,
  serverSettings,
  tokenSettings,
} from '@dailyfeed/configuration/settings'
import { redisSettings } from '@dailyfeed/redis-support/redis-settings'
import Type from 'typebox'

const BatchSettings = Type.Object({
  ...serverSettings(8087),
  ...databaseSettings,
  ...tokenSettings,
  ...redisSettings,
  ...internalSettings,
  ...eventSettings,
  MEMBER_URL: baseUrl('member', 8084),
  CONTENT_URL: baseUrl('content', 8081),
  TIMELINE_URL: baseUrl('timeline', 8082),
  SEARCH_URL: baseUrl('search', 8083),
  IMAGE_URL: baseUrl('image', 8085),
  ACTIVITY_URL: baseUrl('activity', 8086),
})

export type BatchConfig = ReturnType<typeof readBatchConfigOrThrow>

/** Only the gateway stands before it; it calls, and is not called. */
const CALLERS = ['gateway'] as const

export function readBatchConfigOrThrow(env: NodeJS.ProcessEnv) {
  const config = readConfigOrThrow(BatchSettings, env)
  return {
    ...config,
    INTERNAL_TOKEN: secretOrThrow(
      'INTERNAL_TOKEN',
      config.INTERNAL_TOKEN,
      config,
      ({ internalTokens }) => internalTokens.batch,
    ),
    INTERNAL_CALLERS: secretOrThrow(
      'INTERNAL_CALLERS',
      config.INTERNAL_CALLERS,
      config,
      (secrets) => internalCallersOf(secrets, CALLERS),
    ),
  }
}

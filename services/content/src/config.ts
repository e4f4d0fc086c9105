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
import { publishSettings } from '@dailyfeed/outbox/publish-settings'
import { redisSettings } from '@dailyfeed/redis-support/redis-settings'
import Type from 'typebox'

export const ContentSettings = Type.Object({
  ...serverSettings(8081),
  ...databaseSettings,
  ...tokenSettings,
  ...internalSettings,
  ...eventSettings,
  ...publishSettings,
  ...redisSettings,
  ACTIVITY_URL: baseUrl('activity', 8086),
  SEARCH_URL: baseUrl('search', 8083),
})

export type ContentConfig = ReturnType<typeof readContentConfigOrThrow>

export function readContentConfigOrThrow(env: NodeJS.ProcessEnv) {
  const config = readConfigOrThrow(ContentSettings, env)
  return {
    ...config,
    INTERNAL_TOKEN: secretOrThrow(
      'INTERNAL_TOKEN',
      config.INTERNAL_TOKEN,
      config,
      ({ internalTokens }) => internalTokens.content,
    ),
    INTERNAL_CALLERS: secretOrThrow(
      'INTERNAL_CALLERS',
      config.INTERNAL_CALLERS,
      config,
      (secrets) => internalCallersOf(secrets, CALLERS),
    ),
  }
}

/** Who may call this service's internal routes: timeline tells of views, batch asks for jobs, the gateway forwards. */
const CALLERS = ['timeline', 'batch', 'gateway'] as const

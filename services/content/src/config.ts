import {
  internalCallersOrThrow,
  internalTokenOrThrow,
} from '@dailyfeed/configuration/development-secrets'
import { readConfigOrThrow } from '@dailyfeed/configuration/read-config'
import { rateLimitSettings } from '@dailyfeed/configuration/rate-limit-settings'
import {
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

export const ContentSettings = Type.Object({
  ...serverSettings('content'),
  ...rateLimitSettings,
  ...databaseSettings,
  ...tokenSettings,
  ...internalSettings,
  ...eventSettings,
  ...publishSettings,
  ...redisSettings,
  ...upstreamSettings('content'),
  ...callSettings('content'),
})

export type ContentConfig = ReturnType<typeof readContentConfigOrThrow>

export function readContentConfigOrThrow(env: NodeJS.ProcessEnv) {
  const config = readConfigOrThrow(ContentSettings, env)
  return {
    ...config,
    INTERNAL_TOKEN: internalTokenOrThrow('content', config),
    INTERNAL_CALLERS: internalCallersOrThrow('content', config),
  }
}

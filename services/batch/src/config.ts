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
import { redisSettings } from '@dailyfeed/redis-support/redis-settings'
import Type from 'typebox'

const BatchSettings = Type.Object({
  ...serverSettings('batch'),
  ...rateLimitSettings,
  ...databaseSettings,
  ...tokenSettings,
  ...redisSettings,
  ...internalSettings,
  ...eventSettings,
  ...upstreamSettings('batch'),
  ...callSettings('batch'),
})

export type BatchConfig = ReturnType<typeof readBatchConfigOrThrow>

export function readBatchConfigOrThrow(env: NodeJS.ProcessEnv) {
  const config = readConfigOrThrow(BatchSettings, env)
  return {
    ...config,
    INTERNAL_TOKEN: internalTokenOrThrow('batch', config),
    INTERNAL_CALLERS: internalCallersOrThrow('batch', config),
  }
}

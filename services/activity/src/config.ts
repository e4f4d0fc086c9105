import { fileURLToPath } from 'node:url'
import { internalCallersOrThrow, secretOrThrow } from '@dailyfeed/configuration/development-secrets'
import { readConfigOrThrow } from '@dailyfeed/configuration/read-config'
import { rateLimitSettings } from '@dailyfeed/configuration/rate-limit-settings'
import {
  cursorSettings,
  databaseSettings,
  eventSettings,
  internalSettings,
  serverSettings,
  tokenSettings,
} from '@dailyfeed/configuration/settings'
import { kafkaSettings } from '@dailyfeed/kafka-support/kafka-settings'
import { redisSettings } from '@dailyfeed/redis-support/redis-settings'
import Type from 'typebox'
import { readBlockedTermsOrThrow } from './moderation/blocked-terms.ts'

/** The list that is part of the service. */
const BLOCKED_TERMS = fileURLToPath(new URL('../blocked-terms.txt', import.meta.url))

export const ActivitySettings = Type.Object({
  ...serverSettings('activity'),
  ...rateLimitSettings,
  ...databaseSettings,
  ...tokenSettings,
  ...internalSettings,
  ...cursorSettings,
  ...eventSettings,
  ...kafkaSettings,
  ...redisSettings,
  ACTIVITY_REPORTS_PER_MINUTE: Type.Integer({
    minimum: 1,
    maximum: 100_000,
    default: 60,
    description: 'activities that a member may report per minute',
  }),
  BLOCKED_TERMS_FILE: Type.String({
    maxLength: 500,
    default: BLOCKED_TERMS,
    description: 'UTF-8 text file with one blocked term per line',
  }),
})

export type ActivityConfig = ReturnType<typeof readActivityConfigOrThrow>

export function readActivityConfigOrThrow(env: NodeJS.ProcessEnv) {
  const config = readConfigOrThrow(ActivitySettings, env)
  return {
    ...config,
    BLOCKED_TERMS: readBlockedTermsOrThrow(config.BLOCKED_TERMS_FILE),
    INTERNAL_CALLERS: internalCallersOrThrow('activity', config),
    CURSOR_KEY: secretOrThrow(
      'CURSOR_KEY',
      config.CURSOR_KEY,
      config,
      ({ cursorKey }) => cursorKey,
    ),
  }
}

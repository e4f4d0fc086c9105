import { internalCallersOf, secretOrThrow } from '@dailyfeed/configuration/development-secrets'
import { readConfigOrThrow } from '@dailyfeed/configuration/read-config'
import { cursorSettings, databaseSettings, eventSettings, internalSettings, serverSettings, tokenSettings } from '@dailyfeed/configuration/settings'
import { kafkaSettings } from '@dailyfeed/kafka-support/kafka-settings'
import { redisSettings } from '@dailyfeed/redis-support/redis-settings'
import Type from 'typebox'

export const ActivitySettings = Type.Object({
  ...serverSettings(8086),
  ...databaseSettings,
  ...tokenSettings,
  ...internalSettings,
  ...cursorSettings,
  ...eventSettings,
  ...kafkaSettings,
  ...redisSettings,
  ACTIVITY_REPORTS_PER_MINUTE: Type.Integer({ minimum: 1, maximum: 100_000, default: 60, description: 'activities that a member may report in a minute' }),
})

export type ActivityConfig = ReturnType<typeof readActivityConfigOrThrow>

export function readActivityConfigOrThrow(env: NodeJS.ProcessEnv) {
  const config = readConfigOrThrow(ActivitySettings, env)
  return {
    ...config,
    INTERNAL_CALLERS: secretOrThrow('INTERNAL_CALLERS', config.INTERNAL_CALLERS, config, (secrets) => internalCallersOf(secrets, CALLERS)),
    CURSOR_KEY: secretOrThrow('CURSOR_KEY', config.CURSOR_KEY, config, ({ cursorKey }) => cursorKey),
  }
}

/** Who may call this service's internal routes: three tell of what members did, batch asks for jobs, the gateway forwards. */
const CALLERS = ['content', 'member', 'timeline', 'batch', 'gateway'] as const

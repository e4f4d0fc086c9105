import { resolve } from 'node:path'
import { SERVICE_NAMES, SERVICES } from '@dailyfeed/contract/services'
import { ConfigurationError, readConfigOrThrow } from '@dailyfeed/configuration/read-config'
import { DatabaseUrl, serverSettings } from '@dailyfeed/configuration/settings'
import Type from 'typebox'

export const PlatformSettings = Type.Object({
  ...serverSettings('gateway'),
  LOG_LEVEL: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
    default: 'warn',
    description: 'lowest level that is logged',
  }),
  DATABASE_URL: Type.Optional(DatabaseUrl),
  MIGRATION_DATABASE_URL: Type.Optional(DatabaseUrl),
  DEMO_DATA: Type.Optional(
    Type.Enum(['on', 'off'], {
      description: 'create demo members, follows and posts on the first run',
    }),
  ),
})

export type PlatformConfig = ReturnType<typeof readPlatformConfigOrThrow>

/** Services listen on the ports after the gateway's. */
const LAST_OFFSET = Math.max(...SERVICE_NAMES.map((name) => SERVICES[name].portOffset))
const HIGHEST_PORT = 65_535 - LAST_OFFSET

export function readPlatformConfigOrThrow(env: NodeJS.ProcessEnv) {
  const config = readConfigOrThrow(PlatformSettings, env)
  const isProduction = config.NODE_ENV === 'production'
  if (isProduction && config.DEMO_DATA === 'on')
    throw new ConfigurationError("DEMO_DATA is 'on'; with NODE_ENV=production it must be off")
  if (config.PORT > HIGHEST_PORT)
    throw new ConfigurationError(
      `PORT is '${config.PORT}'; it must be a whole number from 1 to ${HIGHEST_PORT}, since the services take the ${LAST_OFFSET} ports after it`,
    )
  return {
    ...config,
    DATA_DIR: resolve(config.DATA_DIR),
    DEMO_DATA: config.DEMO_DATA ?? (isProduction ? 'off' : 'on'),
  }
}

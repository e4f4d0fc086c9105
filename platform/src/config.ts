import { resolve } from 'node:path'
import { DEFAULT_GATEWAY_PORT, PORT_OFFSETS } from '@dailyfeed/contract/ports'
import { ConfigurationError, readConfigOrThrow } from '@dailyfeed/configuration/read-config'
import { DatabaseUrl, serverSettings } from '@dailyfeed/configuration/settings'
import Type from 'typebox'

export const PlatformSettings = Type.Object({
  ...serverSettings(DEFAULT_GATEWAY_PORT),
  LOG_LEVEL: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
    default: 'warn',
    description: 'least level that is logged',
  }),
  DATABASE_URL: Type.Optional(DatabaseUrl),
  MIGRATION_DATABASE_URL: Type.Optional(DatabaseUrl),
  DEMO_DATA: Type.Optional(
    Type.Enum(['on', 'off'], { description: 'first run: demo members, follows and posts' }),
  ),
})

export type PlatformConfig = ReturnType<typeof readPlatformConfigOrThrow>

/** The services take the ports after the gateway's. */
const HIGHEST_PORT = 65_535 - Math.max(...Object.values(PORT_OFFSETS))

export function readPlatformConfigOrThrow(env: NodeJS.ProcessEnv) {
  const config = readConfigOrThrow(PlatformSettings, env)
  const isProduction = config.NODE_ENV === 'production'
  if (isProduction && config.DEMO_DATA === 'on')
    throw new ConfigurationError("DEMO_DATA is 'on'; with NODE_ENV=production it must be off")
  if (config.PORT > HIGHEST_PORT)
    throw new ConfigurationError(
      `PORT is '${config.PORT}'; it must be a whole number from 1 to ${HIGHEST_PORT}, since the services take the seven ports after it`,
    )
  return {
    ...config,
    DATA_DIR: resolve(config.DATA_DIR),
    DEMO_DATA: config.DEMO_DATA ?? (isProduction ? 'off' : 'on'),
  }
}

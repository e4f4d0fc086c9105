import {
  SERVICE_NAMES,
  type ServiceName,
  SERVICES,
  urlSettingOf,
} from '@dailyfeed/contract/services'
import type { PlatformConfig } from './config.ts'
import type { PlatformDatabase } from './database.ts'

/** content-svc handles the writes and so needs the most. The sum stays far below the server's `max_connections`. */
const POOL_MAX: Partial<Record<ServiceName, number>> = { content: 8, member: 4, timeline: 4 }

/** The environment that a service would have in a process of its own, so that the same code reads and checks it. */
export function environmentOf(
  service: ServiceName,
  config: PlatformConfig,
  database: PlatformDatabase,
  env: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  const urls = SERVICE_NAMES.map((name) => [
    urlSettingOf(name),
    urlOf(config, SERVICES[name].portOffset),
  ])
  return {
    ...Object.fromEntries(urls),
    JWKS_URL: `${urlOf(config, SERVICES.member.portOffset)}/.well-known/jwks.json`,
    ...env,
    DATA_DIR: config.DATA_DIR,
    LOG_LEVEL: config.LOG_LEVEL,
    // Services are stopped one after the other, when no client can reach them any more.
    SHUTDOWN_DELAY_SECONDS: String(
      service === 'gateway' ? (config.SHUTDOWN_DELAY_SECONDS ?? 0) : 0,
    ),
    PORT: String(config.PORT + SERVICES[service].portOffset),
    ...(SERVICES[service].hasSchema
      ? {
          DATABASE_URL: database.urlOf(service),
          DATABASE_POOL_MAX: String(POOL_MAX[service] ?? 2),
        }
      : {}),
  }
}

export function urlOf({ HOST, PORT }: Pick<PlatformConfig, 'HOST' | 'PORT'>, offset = 0): string {
  const host = HOST === '0.0.0.0' || HOST === '::' ? '127.0.0.1' : HOST
  return `http://${host.includes(':') ? `[${host}]` : host}:${PORT + offset}`
}

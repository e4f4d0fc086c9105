import { createLog, type Log } from '@dailyfeed/http-server/log'
import { RateCounters } from '@dailyfeed/http-server/rate-counters'
import { listen, type RunningService } from '@dailyfeed/http-server/running-service'
import { openRedis } from '@dailyfeed/redis-support/open-redis'
import type { GatewayConfig } from './config.ts'
import { gatewayApp } from './gateway-app.ts'
import { upstreamDependencies } from './readiness.ts'
import { openUpstreams, type ServicesInProcess } from './upstreams.ts'

/** `inProcess`: services to which requests are passed without a socket. The others are called by their URLs. */
export async function startGatewayService(
  config: GatewayConfig,
  inProcess: ServicesInProcess = {},
): Promise<RunningService> {
  const log = createLog('gateway', config.LOG_LEVEL)
  await using resources = new AsyncDisposableStack()
  const upstreams = resources.adopt(openUpstreams(config, inProcess), (it) => it.close())
  const counters = openRateCounters(config, resources, log)
  const app = await gatewayApp({ config, context: { upstreams, counters }, log })
  const dependencies = upstreamDependencies(upstreams, config.READINESS_GRACE_SECONDS)
  return await listen({ name: 'gateway', app, config, dependencies, resources })
}

/** Undefined where RATE_LIMIT is off. */
function openRateCounters(
  config: GatewayConfig,
  resources: AsyncDisposableStack,
  log: Log,
): RateCounters | undefined {
  if (config.RATE_LIMIT === 'off') return undefined
  const redis = config.REDIS_URL === undefined ? undefined : openRedis(config.REDIS_URL)
  resources.defer(async () => redis?.close())
  const maxKeys = config.RATE_LIMIT_MAX_KEYS
  const counters = new RateCounters({ service: 'gateway', log, maxKeys, redis })
  resources.defer(async () => counters.close())
  return counters
}

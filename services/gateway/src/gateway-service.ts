import { createLog } from '@dailyfeed/http-server/log'
import { listen, type RunningService } from '@dailyfeed/http-server/running-service'
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
  const app = await gatewayApp({ config, context: { upstreams }, log })
  const dependencies = upstreamDependencies(upstreams, config.READINESS_GRACE_SECONDS)
  return await listen({ name: 'gateway', app, config, dependencies, resources })
}

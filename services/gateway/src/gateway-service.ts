import { listen, type RunningService } from '@dailyfeed/http-server/running-service'
import type { GatewayConfig } from './config.ts'
import { gatewayApp } from './gateway-app.ts'
import { openUpstreams } from './upstreams.ts'

export async function startGatewayService(config: GatewayConfig): Promise<RunningService> {
  const upstreams = openUpstreams(config)
  const app = await gatewayApp(config, upstreams)
  return listen({
    name: 'gateway',
    app,
    host: config.HOST,
    port: config.PORT,
    closeAfter: [() => upstreams.close()],
  })
}

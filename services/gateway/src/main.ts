import { runMain } from '@dailyfeed/http-server/run-main'
import { readGatewayConfigOrThrow } from './config.ts'
import { startGatewayService } from './gateway-service.ts'

await runMain(() => startGatewayService(readGatewayConfigOrThrow(process.env)))

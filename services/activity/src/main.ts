import { runMain } from '@dailyfeed/http-server/run-main'
import { startActivityService } from './activity-service.ts'
import { readActivityConfigOrThrow } from './config.ts'

await runMain(() => startActivityService(readActivityConfigOrThrow(process.env)))

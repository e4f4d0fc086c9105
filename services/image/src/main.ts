import { runMain } from '@dailyfeed/http-server/run-main'
import { readImageConfigOrThrow } from './config.ts'
import { startImageService } from './image-service.ts'

await runMain(() => startImageService(readImageConfigOrThrow(process.env)))

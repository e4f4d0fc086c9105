import { runMain } from '@dailyfeed/http-server/run-main'
import { readContentConfigOrThrow } from './config.ts'
import { startContentService } from './content-service.ts'

await runMain(() => startContentService(readContentConfigOrThrow(process.env)))

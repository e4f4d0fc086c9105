import { runMain } from '@dailyfeed/http-server/run-main'
import { readSearchConfigOrThrow } from './config.ts'
import { startSearchService } from './search-service.ts'

await runMain(() => startSearchService(readSearchConfigOrThrow(process.env)))

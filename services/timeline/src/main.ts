import { runMain } from '@dailyfeed/http-server/run-main'
import { readTimelineConfigOrThrow } from './config.ts'
import { startTimelineService } from './timeline-service.ts'

await runMain(() => startTimelineService(readTimelineConfigOrThrow(process.env)))

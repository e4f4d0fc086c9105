import { runMain } from '@dailyfeed/http-server/run-main'
import { readMemberConfigOrThrow } from './config.ts'
import { startMemberService } from './member-service.ts'

await runMain(() => startMemberService(readMemberConfigOrThrow(process.env)))

import { runMain } from '@dailyfeed/http-server/run-main'
import { runOneJob, startBatchService } from './batch-service.ts'
import { readBatchConfigOrThrow } from './config.ts'
import { UnknownJobError } from './job/job.service.ts'
import { findJob, unknownJobMessage } from './job/job-table.ts'

const [job] = process.argv.slice(2)
if (job === undefined) await runMain(() => startBatchService(readBatchConfigOrThrow(process.env)))
else {
  try {
    // Checked before the settings, since a wrong name is wrong with any settings.
    if (findJob(job) === undefined) throw new UnknownJobError(unknownJobMessage(job))
    const report = await runOneJob(readBatchConfigOrThrow(process.env), job)
    process.stdout.write(`${JSON.stringify({ job, ...report })}\n`)
    process.exitCode = report.outcome === 'FAILED' ? 1 : 0
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    process.exitCode = 1
  }
}

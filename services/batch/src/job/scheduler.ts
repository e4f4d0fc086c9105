import { Cron } from 'croner'
import type { BatchContext } from '../context.ts'
import { runJob } from './job.service.ts'
import { JOBS } from './job-table.ts'

/** Runs each job at its time. Where several instances run, the job's lease lets one through. Returns what stops it. */
export function startScheduler(context: BatchContext, timeZone: string): () => void {
  const timers = Object.entries(JOBS).flatMap(([name, { schedule }]) =>
    schedule === undefined
      ? []
      : [new Cron(schedule, { timezone: timeZone, protect: true, catch: (error) => context.log.error({ job: name, err: error }, 'job could not be run') }, async () => void (await runJob(context, name)))],
  )
  return () => {
    for (const timer of timers) timer.stop()
  }
}

import { Cron } from 'croner'
import type { JobContext } from '../context.ts'
import { takeScheduledTime } from './job.queries.ts'
import { type JobReport, runJob } from './job.service.ts'
import { JOBS } from './job-table.ts'

const MINUTE = 60_000

/** Runs each job on its schedule; of several instances one runs it. Returns a function that stops the scheduler. */
export function startScheduler(context: JobContext, timeZone: string): () => void {
  const timers = Object.entries(JOBS).flatMap(([name, { schedule }]) =>
    schedule === undefined
      ? []
      : [
          new Cron(
            schedule,
            {
              timezone: timeZone,
              protect: true,
              catch: (error) =>
                context.log.error(
                  { job: name, err: error },
                  'scheduled job failed to run; the next schedule runs it again',
                ),
            },
            async () => void (await runScheduledJob(context, name, Date.now())),
          ),
        ],
  )
  return () => {
    for (const timer of timers) timer.stop()
  }
}

/**
 * Runs a job for one minute of its schedule. The lease alone is not enough: an instance whose clock is behind arrives
 * after the run has ended, and must not start another for the same minute.
 */
export async function runScheduledJob(
  context: JobContext,
  name: string,
  now: number,
): Promise<JobReport | { outcome: 'BEGUN_BY_ANOTHER' }> {
  const minute = new Date(Math.round(now / MINUTE) * MINUTE)
  return (await takeScheduledTime(context.sql, name, minute))
    ? runJob(context, name)
    : { outcome: 'BEGUN_BY_ANOTHER' }
}

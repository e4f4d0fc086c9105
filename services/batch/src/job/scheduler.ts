import { Cron } from 'croner'
import type { BatchContext } from '../context.ts'
import { takeScheduledTime } from './job.queries.ts'
import { type JobReport, runJob } from './job.service.ts'
import { JOBS } from './job-table.ts'

const MINUTE = 60_000

/** Runs each job at its time. Of several instances one runs it. Returns what stops it. */
export function startScheduler(context: BatchContext, timeZone: string): () => void {
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
                context.log.error({ job: name, err: error }, 'job could not be run'),
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
 * The lease lets one run at a time through, and the minute one run a minute: an instance whose clock is behind comes when
 * the run is over, and must not begin another.
 */
export async function runScheduledJob(
  context: BatchContext,
  name: string,
  now: number,
): Promise<JobReport | { outcome: 'BEGUN_BY_ANOTHER' }> {
  const minute = new Date(Math.round(now / MINUTE) * MINUTE)
  return (await takeScheduledTime(context.sql, name, minute))
    ? runJob(context, name)
    : { outcome: 'BEGUN_BY_ANOTHER' }
}

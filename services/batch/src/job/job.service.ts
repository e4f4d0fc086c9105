import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { withoutDeadline } from '@dailyfeed/concurrency/request-deadline'
import type { JobContext } from '../context.ts'
import { toJobState } from './job.mapper.ts'
import { closeRun, findLastRuns, openRun, releaseJobLease, takeJobLease } from './job.queries.ts'
import type { JobState } from './job.schemas.ts'
import { findJob, JOBS, unknownJobMessage } from './job-table.ts'

export type JobReport =
  | { outcome: 'SUCCEEDED' | 'FAILED'; figures: Record<string, number>; error?: string }
  | { outcome: 'RUNS_ALREADY' }

export class UnknownJobError extends Error {
  override name = 'UnknownJobError'
}

/** Short, and renewed while the job runs, so that the next run after a crash need not wait long. */
const LEASE_SECONDS = 60
const RENEW_MILLISECONDS = 20_000
/** Shorter than a gateway waits for an answer; a reindex takes minutes. */
const BRIEF_MILLISECONDS = 5_000

export async function listJobs({ sql }: JobContext): Promise<JobState[]> {
  const lastRuns = new Map(
    (await findLastRuns(sql, Object.keys(JOBS))).map((run) => [run.job, run]),
  )
  return Object.entries(JOBS).map(([job, definition]) =>
    toJobState(job, definition, lastRuns.get(job)),
  )
}

/** Starts a job and waits a few seconds for it. A longer one goes on; the list of jobs shows its outcome later. */
export async function runJobBriefly(
  context: JobContext,
  job: string,
): Promise<JobReport | { outcome: 'STILL_RUNNING' }> {
  // The job goes on after the answer.
  const running = withoutDeadline(() => runJob(context, job))
  running.catch((err) => context.log.error({ job, err }, 'job failed to run'))
  const waiting = new AbortController()
  try {
    return await Promise.race([
      running,
      sleep(BRIEF_MILLISECONDS, { outcome: 'STILL_RUNNING' as const }, { signal: waiting.signal }),
    ])
  } finally {
    waiting.abort()
  }
}

/** Runs a job at each of its owners and records the outcome. One instance at a time runs it. Throws UnknownJobError. */
export async function runJob(
  { sql, jobOwners, log }: JobContext,
  name: string,
): Promise<JobReport> {
  const job = findJob(name)
  if (job === undefined) throw new UnknownJobError(unknownJobMessage(name))
  const holder = randomUUID()
  if (!(await takeJobLease(sql, name, holder, LEASE_SECONDS))) return { outcome: 'RUNS_ALREADY' }
  const renewing = setInterval(
    () =>
      takeJobLease(sql, name, holder, LEASE_SECONDS).catch((err) =>
        log.warn({ job: name, err }, 'job lease not renewed; renewed again in 20 s'),
      ),
    RENEW_MILLISECONDS,
  )
  try {
    const run = await openRun(sql, name)
    const figures: Record<string, number> = {}
    const errors: string[] = []
    for (const owner of job.owners) {
      try {
        for (const [figure, value] of Object.entries(await jobOwners.runJob(owner, name)))
          figures[figure] = (figures[figure] ?? 0) + value
      } catch (error) {
        errors.push(error instanceof Error ? error.message : String(error))
        if (job.inOrder) break
      }
    }
    const outcome = errors.length === 0 ? 'SUCCEEDED' : 'FAILED'
    const error = errors.length === 0 ? undefined : errors.join('; ')
    await closeRun(sql, run, outcome, figures, error)
    if (error !== undefined) log.warn({ job: name, error }, 'job failed')
    return { outcome, figures, ...(error === undefined ? {} : { error }) }
  } finally {
    clearInterval(renewing)
    await releaseJobLease(sql, name, holder)
  }
}

import { randomUUID } from 'node:crypto'
import type { BatchContext } from '../context.ts'
import { closeRun, openRun, releaseJobLease, takeJobLease } from './job.queries.ts'
import { findJob, unknownJob } from './job-table.ts'

export type JobReport =
  | { outcome: 'SUCCEEDED' | 'FAILED'; figures: Record<string, number>; error?: string }
  | { outcome: 'RUNS_ALREADY' }

export class UnknownJobError extends Error {
  override name = 'UnknownJobError'
}

/** Short, and renewed while the job runs: after a crash the next run need not wait long. */
const LEASE_SECONDS = 60
const RENEW_MILLISECONDS = 20_000

/** Asks every owner, one run at a time over all instances, and keeps how it ended. Throws UnknownJobError. */
export async function runJob({ sql, owners, log }: BatchContext, name: string): Promise<JobReport> {
  const job = findJob(name)
  if (job === undefined) throw new UnknownJobError(unknownJob(name))
  const holder = randomUUID()
  if (!(await takeJobLease(sql, name, holder, LEASE_SECONDS))) return { outcome: 'RUNS_ALREADY' }
  const renewing = setInterval(
    () =>
      takeJobLease(sql, name, holder, LEASE_SECONDS).catch((err) =>
        log.warn({ job: name, err }, 'job lease not renewed'),
      ),
    RENEW_MILLISECONDS,
  )
  try {
    const run = await openRun(sql, name)
    const figures: Record<string, number> = {}
    const errors: string[] = []
    for (const owner of job.owners) {
      try {
        for (const [figure, value] of Object.entries(await owners.runJob(owner, name)))
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

import type { Sql } from 'postgres'
import type { BatchContext } from '../context.ts'
import { abandonExpiredRuns, deleteOldRuns, endRun, insertRuns, type JobRunRow, type RunEnd } from './job-run.queries.ts'
import { isJobName, type JobName, jobOf, jobPathOf, type OwnerName, unknownJobMessageOf } from './job-table.ts'

export class UnknownJobError extends Error {
  override name = 'UnknownJobError'

  constructor(name: string) {
    super(unknownJobMessageOf(name))
  }
}

export interface JobReport {
  job: JobName
  outcome: 'SUCCEEDED' | 'FAILED' | 'ALREADY_RUNNING'
  runs: JobRunRow[]
  /** Who failed and why, in one line. */
  error?: string
}

/** The rows as they were taken, and what they come to; undefined where the job is under way. */
export interface StartedJob {
  runs: JobRunRow[]
  ended: Promise<JobReport>
}

/** A run that has not answered by then is not waited for, nor believed to live. */
const LEASE_MARGIN_MINUTES = 1

class UnderWayError extends Error {
  override name = 'UnderWayError'
}

export async function runJob(context: BatchContext, name: string): Promise<JobReport> {
  const job = getJobNameOrThrow(name)
  const started = await startJob(context, job)
  return started === undefined ? { job, outcome: 'ALREADY_RUNNING', runs: [] } : started.ended
}

export function getJobNameOrThrow(name: string): JobName {
  if (!isJobName(name)) throw new UnknownJobError(name)
  return name
}

/** Takes the job for this instance, then asks every owner at once. */
export async function startJob(context: BatchContext, job: JobName): Promise<StartedJob | undefined> {
  const runs = await takeRuns(context, job)
  if (runs === undefined) return undefined
  return { runs, ended: Promise.all(runs.map((run) => askOwner(context, job, run))).then((ended) => reportOf(job, ended)) }
}

async function takeRuns({ sql, log }: BatchContext, job: JobName): Promise<JobRunRow[] | undefined> {
  const { owners, timeoutMinutes } = jobOf(job)
  const abandoned = await abandonExpiredRuns(sql, job)
  if (abandoned > 0) log.warn({ job, abandoned }, 'job run abandoned')
  await deleteOldRuns(sql, job)
  try {
    return (await sql.begin(async (transaction) => {
      const taken = await insertRuns(transaction as unknown as Sql, job, owners, timeoutMinutes + LEASE_MARGIN_MINUTES)
      // All owners or none: thrown so that the rows that were free are let go again.
      if (taken.length < owners.length) throw new UnderWayError(job)
      return taken
    })) as JobRunRow[]
  } catch (error) {
    if (error instanceof UnderWayError) return undefined
    throw error
  }
}

async function askOwner({ sql, owners, log }: BatchContext, job: JobName, run: JobRunRow): Promise<JobRunRow> {
  let end: RunEnd
  try {
    const client = owners.patientClientOf(run.service as OwnerName, jobOf(job).timeoutMinutes)
    const { data } = await client.post<{ data: Record<string, number> }>(jobPathOf(job), {})
    end = { outcome: 'SUCCEEDED', figures: data }
    log.info({ job, service: run.service, figures: data }, 'job done')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    end = { outcome: 'FAILED', error: reason }
    log.error({ job, service: run.service, reason }, 'job failed')
  }
  return (await endRun(sql, run.id, end)) ?? { ...run, ended_at: new Date(), outcome: 'ABANDONED', figures: null, error: end.error ?? 'it ended after it was given up' }
}

function reportOf(job: JobName, runs: JobRunRow[]): JobReport {
  const failed = runs.filter(({ outcome }) => outcome !== 'SUCCEEDED')
  if (failed.length === 0) return { job, outcome: 'SUCCEEDED', runs }
  return { job, outcome: 'FAILED', runs, error: failed.map(({ service, error }) => `${service}: ${error}`).join('; ') }
}

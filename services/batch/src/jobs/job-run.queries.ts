import type { Sql } from 'postgres'

export type JobOutcome = 'SUCCEEDED' | 'FAILED' | 'ABANDONED'

export interface JobRunRow {
  id: number
  job: string
  service: string
  started_at: Date
  ended_at: Date | null
  outcome: JobOutcome | null
  figures: Record<string, number> | null
  error: string | null
}

/** Runs whose lease has run out were killed with their process. */
export async function abandonExpiredRuns(sql: Sql, job: string): Promise<number> {
  const { count } = await sql`
    update batch.job_run set ended_at = now(), outcome = 'ABANDONED', error = 'the process that asked for it ended before it did'
    where job = ${job} and ended_at is null and lease_expires_at < now()`
  return count
}

/** A row for each owner, or fewer where the job is under way already: then the caller rolls back. */
export const insertRuns = (sql: Sql, job: string, services: readonly string[], leaseMinutes: number): Promise<JobRunRow[]> =>
  sql<JobRunRow[]>`
    insert into batch.job_run (job, service, lease_expires_at)
    select ${job}, service, now() + ${leaseMinutes} * interval '1 minute' from unnest(${services as string[]}::text[]) as service order by service
    on conflict do nothing
    returning id, job, service, started_at, ended_at, outcome, figures, error`

export interface RunEnd {
  outcome: JobOutcome
  figures?: Record<string, number>
  error?: string
}

/** Undefined where the run was given up meanwhile. */
export async function endRun(sql: Sql, id: number, { outcome, figures, error }: RunEnd): Promise<JobRunRow | undefined> {
  const [row] = await sql<JobRunRow[]>`
    update batch.job_run set ended_at = now(), outcome = ${outcome}, figures = ${figures === undefined ? null : sql.json(figures)}, error = ${error ?? null}
    where id = ${id} and ended_at is null
    returning id, job, service, started_at, ended_at, outcome, figures, error`
  return row
}

/** The newest run of each job and service. */
export const findLatestRuns = (sql: Sql, jobs: readonly string[]): Promise<JobRunRow[]> =>
  sql<JobRunRow[]>`
    select distinct on (job, service) id, job, service, started_at, ended_at, outcome, figures, error
    from batch.job_run where job = any(${jobs as string[]}::text[])
    order by job, service, id desc`

/** History is kept for a month, and the newest run of each job for ever. */
export async function deleteOldRuns(sql: Sql, job: string): Promise<void> {
  await sql`
    delete from batch.job_run as old
    where job = ${job} and ended_at < now() - interval '30 days'
      and exists (select from batch.job_run as newer where newer.job = old.job and newer.service = old.service and newer.id > old.id)`
}

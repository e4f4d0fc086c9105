import type { Sql } from 'postgres'

/** True for the first instance that claims this time of a job's schedule; never for an earlier time than the last. */
export async function takeScheduledTime(sql: Sql, job: string, time: Date): Promise<boolean> {
  const rows = await sql`
    insert into batch.job_schedule as schedule (job, begun_at) values (${job}, ${time})
    on conflict (job) do update set begun_at = excluded.begun_at where schedule.begun_at < excluded.begun_at
    returning job`
  return rows.length === 1
}

/** True when this holder may run the job for `seconds`. An expired lease passes to the next holder. */
export async function takeJobLease(
  sql: Sql,
  job: string,
  holder: string,
  seconds: number,
): Promise<boolean> {
  const rows = await sql`
    insert into batch.job_lease as lease (job, holder, expires_at) values (${job}, ${holder}, now() + ${seconds} * interval '1 second')
    on conflict (job) do update set holder = excluded.holder, expires_at = excluded.expires_at
    where lease.holder = excluded.holder or lease.expires_at < now()
    returning job`
  return rows.length === 1
}

export async function releaseJobLease(sql: Sql, job: string, holder: string): Promise<void> {
  await sql`delete from batch.job_lease where job = ${job} and holder = ${holder}`
}

/** Call with the lease held. A run that is still open then belongs to a process that was killed: it becomes ABANDONED. */
export async function openRun(sql: Sql, job: string): Promise<number> {
  await sql`update batch.job_run set outcome = 'ABANDONED', ended_at = now() where job = ${job} and ended_at is null`
  const [row] = await sql<
    [{ id: number }]
  >`insert into batch.job_run (job) values (${job}) returning id`
  return row.id
}

export async function closeRun(
  sql: Sql,
  id: number,
  outcome: 'SUCCEEDED' | 'FAILED',
  figures: Record<string, number>,
  error: string | undefined,
): Promise<void> {
  await sql`update batch.job_run set ended_at = now(), outcome = ${outcome}, figures = ${sql.json(figures)}, error = ${error ?? null} where id = ${id}`
}

export interface LastRunRow {
  job: string
  started_at: Date
  ended_at: Date | null
  outcome: string | null
  figures: Record<string, number> | null
  error: string | null
}

export const findLastRuns = (sql: Sql, jobs: readonly string[]): Promise<LastRunRow[]> =>
  sql<LastRunRow[]>`
    select run.* from unnest(${jobs as string[]}::text[]) as known(name)
    cross join lateral (select job, started_at, ended_at, outcome, figures, error from batch.job_run where job = known.name order by id desc limit 1) run`

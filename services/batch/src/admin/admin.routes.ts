import { setTimeout as sleep } from 'node:timers/promises'
import { DailyfeedError } from '@dailyfeed/contract/errors'
import { Instant, nullable } from '@dailyfeed/contract/field'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import Type from 'typebox'
import type { BatchContext } from '../context.ts'
import { findLastRuns } from '../job/job.queries.ts'
import { type JobReport, runJob } from '../job/job.service.ts'
import { findJob, JOBS } from '../job/job-table.ts'
import { onlyAdminsOf } from './only-admins.ts'

const tags = ['operation']
const Figures = Type.Record(Type.String(), Type.Number())
const JobState = Type.Object({
  job: Type.String(),
  owners: Type.Array(Type.String()),
  schedule: nullable(Type.String()),
  lastRun: nullable(
    Type.Object({
      startedAt: Instant,
      endedAt: nullable(Instant),
      outcome: nullable(Type.String()),
      figures: nullable(Figures),
      error: nullable(Type.String()),
    }),
  ),
})
const JobOutcome = Type.Object({
  outcome: Type.String({
    description:
      'SUCCEEDED, FAILED, RUNS_ALREADY, or STILL_RUNNING: the list of jobs tells how it ends',
  }),
  figures: Type.Optional(Figures),
  error: Type.Optional(Type.String()),
})

/** Sooner than a gateway loses patience; a reindex takes minutes. */
const PATIENCE_MILLISECONDS = 5_000

async function reportInTime(
  context: BatchContext,
  job: string,
): Promise<JobReport | { outcome: 'STILL_RUNNING' }> {
  const running = runJob(context, job)
  running.catch((err) => context.log.error({ job, err }, 'job could not be run'))
  const patience = new AbortController()
  try {
    return await Promise.race([
      running,
      sleep(
        PATIENCE_MILLISECONDS,
        { outcome: 'STILL_RUNNING' as const },
        { signal: patience.signal },
      ),
    ])
  } finally {
    patience.abort()
  }
}

export function adminRoutes(app: HttpServer, context: BatchContext): void {
  const onlyAdmins = onlyAdminsOf(context.sql)

  app.get(
    '/api/admin/jobs',
    {
      preHandler: onlyAdmins,
      schema: {
        tags,
        summary: 'Batch jobs and their last runs',
        response: { 200: successOf(Type.Array(JobState)) },
      },
    },
    async () => {
      const runs = new Map(
        (await findLastRuns(context.sql, Object.keys(JOBS))).map((run) => [run.job, run]),
      )
      return success(
        200,
        Object.entries(JOBS).map(([job, { owners, schedule }]) => {
          const run = runs.get(job)
          const lastRun =
            run === undefined
              ? null
              : {
                  startedAt: run.started_at.toISOString(),
                  endedAt: run.ended_at?.toISOString() ?? null,
                  outcome: run.outcome,
                  figures: run.figures,
                  error: run.error,
                }
          return { job, owners: [...owners], schedule: schedule ?? null, lastRun }
        }),
      )
    },
  )

  app.post(
    '/api/admin/jobs/:job/run',
    {
      preHandler: onlyAdmins,
      schema: {
        tags,
        summary: 'Run a batch job now',
        params: Type.Object({ job: Type.String({ maxLength: 60 }) }),
        response: { 200: successOf(JobOutcome) },
      },
    },
    async (request) => {
      if (findJob(request.params.job) === undefined) throw new DailyfeedError('NOT_FOUND')
      return success(200, await reportInTime(context, request.params.job))
    },
  )
}

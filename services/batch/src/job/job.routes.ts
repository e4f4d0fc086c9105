import { DailyfeedError } from '@dailyfeed/contract/errors'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import Type from 'typebox'
import { onlyAdminsOf } from '../admin/only-admins.ts'
import type { AdminContext } from '../context.ts'
import { JobOutcome, JobState } from './job.schemas.ts'
import { listJobs, runJobBriefly } from './job.service.ts'
import { findJob } from './job-table.ts'

const tags = ['operation']

export function jobRoutes(app: HttpServer, context: AdminContext): void {
  const preHandler = onlyAdminsOf(context.sql)

  app.get(
    '/api/admin/jobs',
    {
      preHandler,
      schema: {
        tags,
        summary: 'List batch jobs with their last runs',
        response: { 200: successOf(Type.Array(JobState)) },
      },
    },
    async () => success(200, await listJobs(context)),
  )

  app.post(
    '/api/admin/jobs/:job/run',
    {
      preHandler,
      schema: {
        tags,
        summary: 'Run a batch job now',
        params: Type.Object({ job: Type.String({ maxLength: 60 }) }),
        response: { 200: successOf(JobOutcome) },
      },
    },
    async (request) => {
      if (findJob(request.params.job) === undefined) throw new DailyfeedError('NOT_FOUND')
      return success(200, await runJobBriefly(context, request.params.job))
    },
  )
}

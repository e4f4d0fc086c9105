import { DailyfeedError } from '@dailyfeed/contract/errors'
import Type from 'typebox'
import { success, successOf } from './envelope.ts'
import type { HttpServer } from './http-server.ts'

/** A job of the service that owns the data. Returns figures for the job's history. It may run twice, also concurrently. */
export type Job = () => Promise<Record<string, number>>

declare module 'fastify' {
  interface FastifyInstance {
    jobs: Record<string, Job>
  }
}

/** Serves `POST /internal/jobs/{job}` for batch-svc. Each feature of a service may register its own jobs. */
export function registerJobs(app: HttpServer, jobs: Record<string, Job>): void {
  if (app.hasDecorator('jobs')) {
    Object.assign(app.jobs, jobs)
    return
  }
  const registered = { ...jobs }
  app.decorate('jobs', registered)
  app.post(
    '/internal/jobs/:job',
    {
      config: { access: 'INTERNAL', callers: ['batch'] },
      schema: {
        hide: true,
        params: Type.Object({ job: Type.String({ maxLength: 60 }) }),
        response: { 200: successOf(Type.Record(Type.String(), Type.Number())) },
      },
    },
    async (request) => {
      const job = Object.hasOwn(registered, request.params.job)
        ? registered[request.params.job]
        : undefined
      if (job === undefined) throw new DailyfeedError('NOT_FOUND')
      const figures = await job()
      request.log.info({ job: request.params.job, figures }, 'job done')
      return success(200, figures)
    },
  )
}

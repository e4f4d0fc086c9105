import { CommentActivityReport, PostActivityReport } from '@dailyfeed/contract/activity'
import { successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import type { RateLimiter } from '@dailyfeed/http-server/rate-limit'
import type { Once } from '@dailyfeed/idempotency/once'
import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { ACTIVITY_PREFIXES } from '../activity/activity.routes.ts'
import type { ActivityContext } from '../context.ts'
import { type ReportPath, reportActivity } from './report.service.ts'

interface ReportRoute {
  /** Below each prefix. */
  path: ReportPath
  summary: string
  body: typeof PostActivityReport | typeof CommentActivityReport
}

const ROUTES: readonly ReportRoute[] = [
  { path: 'posts', summary: 'Record my action on a post', body: PostActivityReport },
  { path: 'comments', summary: 'Record my action on a comment', body: CommentActivityReport },
  {
    path: 'posts/likes',
    summary: 'Record that I liked or unliked a post',
    body: PostActivityReport,
  },
  {
    path: 'comments/likes',
    summary: 'Record that I liked or unliked a comment',
    body: CommentActivityReport,
  },
]

interface ReportContext {
  once: Once<ActivityContext>
  /** The limit per member, beside that of all writes; undefined where rate limits are off. */
  limiter: RateLimiter | undefined
}

export function reportRoutes(app: HttpServer, { once, limiter }: ReportContext): void {
  const preValidation = async (request: FastifyRequest, reply: FastifyReply) =>
    limiter?.countOrThrow(request.memberId, reply)

  for (const prefix of ACTIVITY_PREFIXES) {
    for (const { path, summary, body } of ROUTES) {
      app.post(
        `${prefix}/${path}`,
        {
          config: { acceptsIdempotencyKey: true },
          preValidation,
          schema: {
            tags: ['activity'],
            summary,
            body,
            response: { 201: successOf(Type.Boolean()) },
          },
        },
        (request, reply) =>
          once({
            request,
            reply,
            status: 201,
            action: (within) =>
              reportActivity(within, request.memberId, path, request.body).then(() => true),
          }),
      )
    }
  }
}

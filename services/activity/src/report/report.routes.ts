import { CommentActivityReport, PostActivityReport } from '@dailyfeed/contract/activity'
import { successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import type { Once } from '@dailyfeed/idempotency/once'
import { createRateLimiter } from '@dailyfeed/http-server/rate-limit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { ACTIVITY_PREFIXES } from '../activity/activity.routes.ts'
import type { ActivityContext } from '../context.ts'
import { reportActivity } from './report.service.ts'

const tags = ['activity']
const config = { acceptsIdempotencyKey: true }
const response = { 201: successOf(Type.Boolean()) }

interface ReportContext {
  once: Once<ActivityContext>
  /** Limit for each member; undefined where rate limits are switched off. */
  reportsPerMinute: number | undefined
}

export function reportRoutes(app: HttpServer, { once, reportsPerMinute }: ReportContext): void {
  const limiter =
    reportsPerMinute === undefined
      ? undefined
      : createRateLimiter({ name: 'reports', limit: reportsPerMinute, windowSeconds: 60 })
  const preValidation = async (request: FastifyRequest, reply: FastifyReply) => {
    await limiter?.countOrThrow(request.memberId, reply)
  }

  for (const prefix of ACTIVITY_PREFIXES) {
    app.post(
      `${prefix}/posts`,
      {
        config,
        preValidation,
        schema: {
          tags,
          summary: 'Record what I did with a post',
          body: PostActivityReport,
          response,
        },
      },
      (request, reply) =>
        once({
          request,
          reply,
          status: 201,
          act: (within) =>
            reportActivity(within, request.memberId, 'posts', request.body).then(() => true),
        }),
    )

    app.post(
      `${prefix}/comments`,
      {
        config,
        preValidation,
        schema: {
          tags,
          summary: 'Record what I did with a comment',
          body: CommentActivityReport,
          response,
        },
      },
      (request, reply) =>
        once({
          request,
          reply,
          status: 201,
          act: (within) =>
            reportActivity(within, request.memberId, 'comments', request.body).then(() => true),
        }),
    )

    app.post(
      `${prefix}/posts/likes`,
      {
        config,
        preValidation,
        schema: {
          tags,
          summary: 'Record that I like a post, or no longer do',
          body: PostActivityReport,
          response,
        },
      },
      (request, reply) =>
        once({
          request,
          reply,
          status: 201,
          act: (within) =>
            reportActivity(within, request.memberId, 'postLikes', request.body).then(() => true),
        }),
    )

    app.post(
      `${prefix}/comments/likes`,
      {
        config,
        preValidation,
        schema: {
          tags,
          summary: 'Record that I like a comment, or no longer do',
          body: CommentActivityReport,
          response,
        },
      },
      (request, reply) =>
        once({
          request,
          reply,
          status: 201,
          act: (within) =>
            reportActivity(within, request.memberId, 'commentLikes', request.body).then(() => true),
        }),
    )
  }
}

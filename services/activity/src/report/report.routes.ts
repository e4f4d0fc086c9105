import { CommentActivityReport, PostActivityReport } from '@dailyfeed/code/activity'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { createRateLimiter } from '@dailyfeed/http-server/rate-limit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { ACTIVITY_PREFIXES } from '../activity/activity.routes.ts'
import type { ActivityConfig } from '../config.ts'
import type { ActivityContext } from '../context.ts'
import { reportActivity } from './report.service.ts'

const tags = ['activity']
const response = { 201: successOf(Type.Boolean()) }

export function reportRoutes(app: HttpServer, config: ActivityConfig, context: ActivityContext): void {
  const limiter = createRateLimiter({ name: 'reports', limit: config.ACTIVITY_REPORTS_PER_MINUTE, windowSeconds: 60 })
  const preValidation = async (request: FastifyRequest, reply: FastifyReply) => {
    if (config.RATE_LIMIT === 'on') await limiter.countOrThrow(request.memberId, reply)
  }

  for (const prefix of ACTIVITY_PREFIXES) {
    app.post(
      `${prefix}/posts`,
      { preValidation, schema: { tags, summary: 'Record what I did with a post', body: PostActivityReport, response } },
      async (request, reply) => {
        await reportActivity(context, request.memberId, 'posts', request.body)
        return reply.code(201).send(success(201, true))
      },
    )

    app.post(
      `${prefix}/comments`,
      { preValidation, schema: { tags, summary: 'Record what I did with a comment', body: CommentActivityReport, response } },
      async (request, reply) => {
        await reportActivity(context, request.memberId, 'comments', request.body)
        return reply.code(201).send(success(201, true))
      },
    )

    app.post(
      `${prefix}/posts/likes`,
      { preValidation, schema: { tags, summary: 'Record that I like a post, or no longer do', body: PostActivityReport, response } },
      async (request, reply) => {
        await reportActivity(context, request.memberId, 'postLikes', request.body)
        return reply.code(201).send(success(201, true))
      },
    )

    app.post(
      `${prefix}/comments/likes`,
      { preValidation, schema: { tags, summary: 'Record that I like a comment, or no longer do', body: CommentActivityReport, response } },
      async (request, reply) => {
        await reportActivity(context, request.memberId, 'commentLikes', request.body)
        return reply.code(201).send(success(201, true))
      },
    )
  }
}

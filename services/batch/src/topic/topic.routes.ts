import { Readable } from 'node:stream'
import { DailyfeedError } from '@dailyfeed/contract/errors'
import { ACTIVITY_TYPES } from '@dailyfeed/contract/event-registry'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import Type from 'typebox'
import { onlyAdminsOf } from '../admin/only-admins.ts'
import type { AdminContext } from '../context.ts'
import { TopicDeletion, Topics } from './topic.schemas.ts'
import { BrokersAwayError, deleteTopic, listTopics, replayDay } from './topic.service.ts'

const tags = ['operation']
const params = Type.Object({
  day: Type.String({ pattern: '^\\d{8}$', maxLength: 8, description: 'yyyyMMdd' }),
})

export function topicRoutes(app: HttpServer, context: AdminContext): void {
  const preHandler = onlyAdminsOf(context.sql)

  app.get(
    '/api/admin/topics',
    {
      preHandler,
      schema: {
        tags,
        summary: 'List topics by day with the lag of each consumer group',
        response: { 200: successOf(Topics) },
      },
    },
    async () => success(200, await orUnavailable(context, listTopics(context))),
  )

  app.delete(
    '/api/admin/topics/:day',
    {
      preHandler,
      schema: {
        tags,
        summary: 'Delete the topic of a day that every consumer group has read to its end',
        params,
        querystring: Type.Object({ dryRun: Type.Optional(Type.Enum(['true', 'false'])) }),
        response: { 200: successOf(TopicDeletion) },
      },
    },
    async (request) =>
      success(
        200,
        await orUnavailable(
          context,
          deleteTopic(context, request.params.day, request.query.dryRun === 'true'),
        ),
      ),
  )

  app.post(
    '/api/admin/topics/:day/replay',
    {
      preHandler,
      schema: {
        tags,
        summary:
          'Replay the events of a day through every listener; answers lines of JSON while it runs',
        params,
        body: Type.Object({
          type: Type.Optional(Type.Enum([...ACTIVITY_TYPES])),
          dryRun: Type.Optional(Type.Boolean()),
        }),
      },
    },
    async (request, reply) => {
      const gone = new AbortController()
      reply.raw.once('close', () => gone.abort())
      const { type, dryRun = false } = request.body
      async function* lines() {
        for await (const line of replayDay(context, {
          day: request.params.day,
          type,
          isDryRun: dryRun,
          signal: gone.signal,
        }))
          yield `${JSON.stringify(line)}\n`
      }
      return reply.type('application/x-ndjson').send(Readable.from(lines()))
    },
  )
}

/** Turns an unreachable owner, or unreachable brokers of it, into an answer. */
async function orUnavailable<Answer>(
  { log }: AdminContext,
  call: Promise<Answer>,
): Promise<Answer> {
  try {
    return await call
  } catch (err) {
    log.warn({ err }, 'topics could not be read from content-svc; answered 503')
    throw new DailyfeedError(
      err instanceof BrokersAwayError ? 'KAFKA_NETWORK_ERROR' : 'SERVICE_UNAVAILABLE',
    )
  }
}

import { Readable } from 'node:stream'
import { DailyfeedError } from '@dailyfeed/contract/errors'
import { ACTIVITY_TYPES } from '@dailyfeed/contract/event-registry'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import Type from 'typebox'
import { onlyAdminsOf } from '../admin/only-admins.ts'
import type { AdminContext } from '../context.ts'
import { TopicDeletion, Topics } from './topic.schemas.ts'
import { BrokersAwayError } from './topic.service.ts'

const tags = ['operation']
const params = Type.Object({
  day: Type.String({ pattern: '^\\d{8}$', maxLength: 8, description: 'yyyyMMdd' }),
})

export function topicRoutes(app: HttpServer, context: AdminContext): void {
  const preHandler = onlyAdminsOf(context.sql)
  const { topicOwners, log } = context

  /** Of an owner that is away, or whose brokers are. */
  async function orUnavailable<Answer>(question: Promise<Answer>): Promise<Answer> {
    try {
      return await question
    } catch (err) {
      log.warn({ err }, 'owner of topics could not be asked')
      throw new DailyfeedError(
        err instanceof BrokersAwayError ? 'KAFKA_NETWORK_ERROR' : 'SERVICE_UNAVAILABLE',
      )
    }
  }

  app.get(
    '/api/admin/topics',
    {
      preHandler,
      schema: {
        tags,
        summary: 'Topics by day, and who has still to read them',
        response: { 200: successOf(Topics) },
      },
    },
    async () => success(200, await orUnavailable(topicOwners.list())),
  )

  app.delete(
    '/api/admin/topics/:day',
    {
      preHandler,
      schema: {
        tags,
        summary: 'Delete the topic of a day that every group has read to its end',
        params,
        querystring: Type.Object({ dryRun: Type.Optional(Type.Enum(['true', 'false'])) }),
        response: { 200: successOf(TopicDeletion) },
      },
    },
    async (request) =>
      success(
        200,
        await orUnavailable(
          topicOwners.remove(request.params.day, request.query.dryRun === 'true'),
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
          'Run the events of a day through the handlers again; answers lines of JSON while it goes on',
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
        for await (const line of topicOwners.replay({
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

import { brokerAnswerOrThrow } from '@dailyfeed/event-listener/broker-answer'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { isTopicDay } from '@dailyfeed/kafka-support/dated-topic'
import Type from 'typebox'
import { deleteTopic, listTopics, type TopicContext } from './topic.service.ts'

const Lags = Type.Record(Type.String(), Type.Integer())
const TopicList = Type.Object({
  /** False where no brokers are configured. */
  hasKafka: Type.Boolean(),
  topics: Type.Array(
    Type.Object({
      topic: Type.String(),
      day: Type.String(),
      records: Type.Integer(),
      lags: Lags,
      deletion: Type.Enum(['POSSIBLE', 'UNREAD', 'IN_USE']),
    }),
  ),
})
const Deletion = Type.Object({
  outcome: Type.Enum(['DELETED', 'NOT_THERE', 'UNREAD', 'IN_USE', 'NO_KAFKA']),
  lags: Type.Optional(Lags),
})

/** Called by batch-svc on behalf of operators. */
export function topicRoutes(app: HttpServer, context: TopicContext | undefined): void {
  const config = { access: 'INTERNAL' as const, callers: ['batch'] }

  app.post(
    '/internal/topics/list',
    { config, schema: { hide: true, response: { 200: successOf(TopicList) } } },
    async () =>
      success(
        200,
        context === undefined
          ? { hasKafka: false, topics: [] }
          : { hasKafka: true, topics: await brokerAnswerOrThrow(listTopics(context)) },
      ),
  )

  app.post(
    '/internal/topics/delete',
    {
      config,
      schema: {
        hide: true,
        body: Type.Object({
          day: Type.String({ pattern: '^\\d{8}$', maxLength: 8 }),
          isDryRun: Type.Boolean(),
        }),
        response: { 200: successOf(Deletion) },
      },
    },
    async (request) => {
      const { day, isDryRun } = request.body
      if (!isTopicDay(day)) return success(200, { outcome: 'NOT_THERE' as const })
      return success(
        200,
        context === undefined
          ? { outcome: 'NO_KAFKA' as const }
          : await brokerAnswerOrThrow(deleteTopic(context, day, isDryRun)),
      )
    },
  )
}

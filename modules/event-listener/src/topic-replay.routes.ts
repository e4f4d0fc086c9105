import { PassThrough } from 'node:stream'
import { DailyfeedError } from '@dailyfeed/contract/errors'
import { ACTIVITY_TYPES, type ActivityType } from '@dailyfeed/contract/event-registry'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { UnknownTopicError } from '@dailyfeed/kafka-support/broker-fault'
import { isTopicDay } from '@dailyfeed/kafka-support/dated-topic'
import type { KafkaCluster } from '@dailyfeed/kafka-support/kafka-cluster'
import Type from 'typebox'
import { brokerAnswerOrThrow } from './broker-answer.ts'
import { replayDay } from './topic-replay.ts'
import type { Listener } from './listener.ts'

/** Events go over HTTP here: no day was ever kept. */
const NO_KAFKA = 'NO_KAFKA'

export const TOPIC_REPLAY_PATH = '/internal/topics/replay'

interface TopicReplayRoutesOptions {
  service: string
  listener: Listener
  kafka: KafkaCluster | undefined
}

const Body = Type.Object({
  /** yyyyMMdd */
  day: Type.String({ pattern: '^\\d{8}$', maxLength: 8 }),
  type: Type.Optional(Type.Enum([...ACTIVITY_TYPES])),
  isDryRun: Type.Optional(Type.Boolean()),
})

/**
 * Runs one day through this service's handlers again. Answers lines of JSON while it goes on: `{ done, of }` now and then,
 * and at last `{ report }` or `{ error }`. Whoever asked and goes away ends it.
 */
export function registerTopicReplayRoutes(
  app: HttpServer,
  { service, listener, kafka }: TopicReplayRoutesOptions,
): void {
  app.post(
    TOPIC_REPLAY_PATH,
    { config: { access: 'INTERNAL', callers: ['batch'] }, schema: { hide: true, body: Body } },
    async (request, reply) => {
      const {
        day,
        type,
        isDryRun = false,
      } = request.body as { day: string; type?: ActivityType; isDryRun?: boolean }
      if (kafka === undefined)
        return reply.type('application/x-ndjson').send(`${JSON.stringify({ error: NO_KAFKA })}\n`)
      if (!isTopicDay(day) || !(await brokerAnswerOrThrow(kafka.topics.exists(day))))
        throw new DailyfeedError('NOT_FOUND')
      const gone = new AbortController()
      const lines = new PassThrough()
      reply.raw.once('close', () => gone.abort(new Error('nobody waits for the replay any more')))
      const write = (line: object) => lines.write(`${JSON.stringify(line)}\n`)
      replayDay({
        service,
        listener,
        kafka,
        day,
        type,
        isDryRun,
        log: request.log,
        signal: gone.signal,
        onProgress: (done, of) => write({ done, of }),
      })
        .then(
          (report) => write({ report }),
          (error: Error) => {
            if (!gone.signal.aborted)
              request.log.warn({ day, err: error }, 'replay of a day ended early')
            write({
              error: error instanceof UnknownTopicError ? 'the topic is gone' : error.message,
            })
          },
        )
        .finally(() => lines.end())
      return reply.type('application/x-ndjson').send(lines)
    },
  )
}

import { PassThrough } from 'node:stream'
import { DailyfeedError } from '@dailyfeed/contract/errors'
import { ACTIVITY_TYPES } from '@dailyfeed/contract/event-registry'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { UnknownTopicError } from '@dailyfeed/kafka-support/broker-fault'
import { isTopicDay } from '@dailyfeed/kafka-support/dated-topic'
import type { InstallationGuard } from '@dailyfeed/kafka-support/installation-guard'
import type { KafkaCluster } from '@dailyfeed/kafka-support/kafka-cluster'
import type { FastifyReply } from 'fastify'
import Type from 'typebox'
import { brokerAnswerOrThrow } from './broker-answer.ts'
import { type DayReplayListener, replayDay } from './topic-replay.ts'

/** The error of a service without brokers: its events come over HTTP, and no day is stored. */
const NO_KAFKA = 'NO_KAFKA'
const JSON_LINES = 'application/x-ndjson'

interface TopicReplayContext {
  service: string
  listener: DayReplayListener
  guard: Pick<InstallationGuard, 'ownOf'>
  /** Undefined where no brokers are configured. */
  kafka: KafkaCluster | undefined
}

const TopicReplayRequest = Type.Object({
  /** yyyyMMdd */
  day: Type.String({ pattern: '^\\d{8}$', maxLength: 8 }),
  type: Type.Optional(Type.Enum([...ACTIVITY_TYPES])),
  isDryRun: Type.Optional(Type.Boolean()),
})

/**
 * Runs one day through this service's handlers again, and answers one line of JSON after the other: `{ done, of }` during
 * the replay, and at the end `{ report }` or `{ error }`. When the caller disconnects, the replay ends.
 */
export function registerTopicReplayRoutes(app: HttpServer, context: TopicReplayContext): void {
  const { kafka } = context
  app.post(
    '/internal/topics/replay',
    {
      config: { access: 'INTERNAL', callers: ['batch'] },
      schema: { hide: true, body: TopicReplayRequest },
    },
    async ({ body: { day, type, isDryRun = false }, log }, reply) => {
      if (kafka === undefined)
        return reply.type(JSON_LINES).send(`${JSON.stringify({ error: NO_KAFKA })}\n`)
      if (!isTopicDay(day) || !(await brokerAnswerOrThrow(kafka.topics.exists(day))))
        throw new DailyfeedError('NOT_FOUND')
      const lines = new PassThrough()
      const write = (line: object) => void lines.write(`${JSON.stringify(line)}\n`)
      /** Progress that a slow caller has not read yet is not added to: the next line includes it. */
      const writeProgress = (done: number, of: number) => {
        if (!lines.writableNeedDrain) write({ done, of })
      }
      const signal = disconnectSignalOf(reply)
      replayDay({
        ...context,
        kafka,
        day,
        type,
        isDryRun,
        log,
        signal,
        onProgress: writeProgress,
      })
        .then(
          (report) => write({ report }),
          (err: Error) => {
            if (!signal.aborted) log.warn({ day, err }, 'replay of a day failed')
            write({ error: err instanceof UnknownTopicError ? 'the topic is gone' : err.message })
          },
        )
        .finally(() => lines.end())
      return reply.type(JSON_LINES).send(lines)
    },
  )
}

/** Aborts when the connection of the answer closes. */
function disconnectSignalOf(reply: FastifyReply): AbortSignal {
  const controller = new AbortController()
  reply.raw.once('close', () => controller.abort(new Error('the caller has disconnected')))
  return controller.signal
}

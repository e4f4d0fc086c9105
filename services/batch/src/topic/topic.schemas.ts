import { nullable } from '@dailyfeed/contract/field'
import Type from 'typebox'

export const Topic = Type.Object({
  day: Type.String({ description: 'yyyyMMdd' }),
  topic: Type.String(),
  records: Type.Integer(),
  lags: Type.Record(Type.String(), Type.Integer(), {
    description: 'For each consumer group the records that it has still to read',
  }),
  deletion: Type.String({
    description:
      'POSSIBLE; UNREAD: a consumer group has not read all of it; IN_USE: yesterday, today or tomorrow',
  }),
})
export const Topics = Type.Object({
  hasKafka: Type.Boolean({
    description:
      'False where KAFKA_BROKERS is not set: events travel over HTTP, and there are no topics',
  }),
  topics: Type.Array(Topic),
})

export const TopicDeletion = Type.Object({
  outcome: Type.String({
    description: 'DELETED (in a dry run: would be deleted), NOT_THERE, UNREAD, IN_USE or NO_KAFKA',
  }),
  lags: nullable(Type.Record(Type.String(), Type.Integer())),
})
export type Topic = Type.Static<typeof Topic>
export type TopicDeletion = Type.Static<typeof TopicDeletion>

export const NO_KAFKA =
  'Kafka is not configured here: events travel over HTTP, and there are no topics; set KAFKA_BROKERS, or start with npm run start:full'

/** One line of a replay's answer: progress of a service, and at its end a report or an error. */
export type ReplayLine =
  | { service: string; done: number; of: number }
  | { service: string; report: { records: number; changed: number; deadLettered: number } }
  | { service: string; error: string }

import { nullable } from '@dailyfeed/contract/field'
import Type from 'typebox'

export const Topic = Type.Object({
  day: Type.String({ description: 'yyyyMMdd' }),
  topic: Type.String(),
  records: Type.Integer(),
  lags: Type.Record(Type.String(), Type.Integer(), {
    description: 'of each group, records that it has still to read',
  }),
  deletion: Type.String({
    description:
      'POSSIBLE; UNREAD: a group has still to read it; IN_USE: yesterday, today or tomorrow',
  }),
})
export const Topics = Type.Object({
  hasKafka: Type.Boolean({
    description: 'false where KAFKA_BROKERS is not set: events go over HTTP, and leave no topics',
  }),
  topics: Type.Array(Topic),
})

export const TopicDeletion = Type.Object({
  outcome: Type.String({
    description: 'DELETED (or would be, in a dry run), NOT_THERE, UNREAD, IN_USE or NO_KAFKA',
  }),
  lags: nullable(Type.Record(Type.String(), Type.Integer())),
})
export type Topic = Type.Static<typeof Topic>
export type TopicDeletion = Type.Static<typeof TopicDeletion>

export const NO_KAFKA =
  'there is no Kafka here: events go over HTTP, and leave no topics; set KAFKA_BROKERS, or start with npm run start:full'

/** What a replay answers with, a line each: first what goes on, at last a report or an error of each service. */
export type ReplayLine =
  | { service: string; done: number; of: number }
  | { service: string; report: { records: number; changed: number; deadLettered: number } }
  | { service: string; error: string }

import { nullable } from '@dailyfeed/code/field'
import Type from 'typebox'

export const Topic = Type.Object({
  day: Type.String({ description: 'yyyyMMdd' }),
  topic: Type.String(),
  records: Type.Integer(),
  lags: Type.Record(Type.String(), Type.Integer(), { description: 'of each group, records that it has still to read' }),
})
export const Topics = Type.Object({ hasKafka: Type.Boolean({ description: 'false where no brokers are set' }), topics: Type.Array(Topic) })

export const TopicDeletion = Type.Object({
  outcome: Type.String({ description: 'DELETED (or would be, in a dry run), NOT_THERE, UNREAD, IN_USE or NO_KAFKA' }),
  lags: nullable(Type.Record(Type.String(), Type.Integer())),
})
export type Topic = Type.Static<typeof Topic>
export type TopicDeletion = Type.Static<typeof TopicDeletion>

/** What a replay answers with, a line each: first what goes on, at last a report or an error of each service. */
export type ReplayLine =
  | { service: string; done: number; of: number }
  | { service: string; report: { records: number; changed: number; deadLettered: number } }
  | { service: string; error: string }

import { addDays, hourOf, type TopicDay, topicDayOf } from '@dailyfeed/kafka-support/dated-topic'
import {
  type DatedTopicState,
  daysToDelete,
  type TopicDeletion,
} from '@dailyfeed/kafka-support/dated-topics'
import type { KafkaCluster } from '@dailyfeed/kafka-support/kafka-cluster'
import type { FastifyBaseLogger } from 'fastify'
import type { Sql } from 'postgres'
import { findNow } from './topic.queries.ts'

export interface TopicContext {
  sql: Sql
  kafka: KafkaCluster
  /** IANA time zone of the days that topics are named for. */
  timeZone: string
  log: Pick<FastifyBaseLogger, 'info' | 'warn' | 'error'>
}

/**
 * A missing topic of tomorrow raises an alarm from this hour on, while an operator can still act.
 */
const ALARM_HOUR = 20

/** The day by the clock of the database, which the relay uses too. */
const todayOf = async ({ sql, timeZone }: TopicContext): Promise<TopicDay> =>
  topicDayOf(await findNow(sql), timeZone)

/** Creates the topics of today and tomorrow if they are missing. Returns how many were created. */
export async function createTopics(context: TopicContext): Promise<number> {
  const today = await todayOf(context)
  let created = 0
  for (const day of [today, addDays(today, 1)]) {
    if (!(await context.kafka.topics.create(day))) continue
    created += 1
    context.log.info({ topic: context.kafka.topics.topicOf(day) }, 'topic created')
  }
  return created
}

/** Whether tomorrow's topic exists. Logs an alarm if it is missing late in the day. */
export async function checkTomorrow(context: TopicContext): Promise<boolean> {
  const now = await findNow(context.sql)
  const tomorrow = addDays(topicDayOf(now, context.timeZone), 1)
  const isThere = await context.kafka.topics.exists(tomorrow)
  if (!isThere && hourOf(now, context.timeZone) >= ALARM_HOUR)
    context.log.error(
      { topic: context.kafka.topics.topicOf(tomorrow) },
      'ALARM: tomorrow’s topic is missing; run kafkaTopicCreateJob, and see why it failed',
    )
  return isThere
}

/**
 * Deletes the topics of days beyond the retention, except those that a consumer group has not read
 * to the end.
 */
export async function deleteOldTopics(
  context: TopicContext,
): Promise<{ deleted: number; left: number }> {
  const today = await todayOf(context)
  const days = (await context.kafka.topics.list()).map(({ day }) => day)
  const figures = { deleted: 0, left: 0 }
  for (const day of daysToDelete(days, today)) {
    const deletion = await context.kafka.topics.delete(day)
    if (deletion.outcome === 'DELETED') figures.deleted += 1
    if (deletion.outcome !== 'UNREAD') continue
    figures.left += 1
    context.log.error(
      { topic: context.kafka.topics.topicOf(day), lags: deletion.lags },
      'ALARM: a topic older than seven days is not read to its end; it is kept',
    )
  }
  return figures
}

/** All dated topics, each with the outcome that `deleteTopic` would have. */
export async function listTopics(
  context: TopicContext,
): Promise<(DatedTopicState & { deletion: 'POSSIBLE' | 'UNREAD' | 'IN_USE' })[]> {
  const [today, topics] = [await todayOf(context), await context.kafka.topics.list()]
  return topics.map((topic) => {
    const isRead = Object.values(topic.lags).every((lag) => lag === 0)
    return {
      ...topic,
      deletion: isInUse(topic.day, today) ? 'IN_USE' : isRead ? 'POSSIBLE' : 'UNREAD',
    }
  })
}

/**
 * Publishers send to today's topic and soon to tomorrow's; listeners may still read yesterday's.
 */
const isInUse = (day: TopicDay, today: TopicDay): boolean => day >= addDays(today, -1)

/**
 * Deletes the topic of a day for an operator. IN_USE: publishers or listeners still need that day.
 */
export async function deleteTopic(
  context: TopicContext,
  day: TopicDay,
  isDryRun: boolean,
): Promise<TopicDeletion | { outcome: 'IN_USE' }> {
  if (isInUse(day, await todayOf(context))) return { outcome: 'IN_USE' }
  return context.kafka.topics.delete(day, { isDryRun })
}

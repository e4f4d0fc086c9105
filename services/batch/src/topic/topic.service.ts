import { createInterface } from 'node:readline'
import type { ActivityType } from '@dailyfeed/contract/event-registry'
import { LISTENERS } from '@dailyfeed/contract/subscriptions'
import {
  ServiceRefusedError,
  ServiceDependencyError,
} from '@dailyfeed/service-client/service-errors'
import type { OwnerClients, OwnerName } from '../owner/owner-clients.ts'
import { NO_KAFKA, type ReplayLine, type Topic, type TopicDeletion } from './topic.schemas.ts'

interface TopicContext {
  owners: OwnerClients
}

export interface ReplayOptions {
  /** yyyyMMdd */
  day: string
  type?: ActivityType | undefined
  isDryRun: boolean
  /** Aborted when the client is gone: the replay then ends early. */
  signal?: AbortSignal
}

/** The owner of the topics answers, but its brokers do not. */
export class BrokersAwayError extends Error {
  override name = 'BrokersAwayError'
}

const BROKERS_AWAY = 'the brokers of KAFKA_BROKERS do not answer'
const NO_TOPIC = 'there is no topic of that day; dailyfeed topics list shows the topics that exist'

/** A list of hundreds of topics queries the brokers for each group. */
const TOPIC_TIMEOUT_MILLISECONDS = 60_000
/** Longest wait for the next line of a replay: each batch of records produces one. */
const REPLAY_TIMEOUT_MILLISECONDS = 10 * 60_000

/** `hasKafka` is false where no brokers are configured. Throws an error that names the service when it cannot be reached. */
export const listTopics = (
  context: TopicContext,
): Promise<{ hasKafka: boolean; topics: Topic[] }> =>
  callTopicOwner(context, '/internal/topics/list', {})

export async function deleteTopic(
  context: TopicContext,
  day: string,
  isDryRun: boolean,
): Promise<TopicDeletion> {
  const { outcome, lags } = await callTopicOwner<{
    outcome: string
    lags?: Record<string, number>
  }>(context, '/internal/topics/delete', { day, isDryRun })
  return { outcome, lags: lags ?? null }
}

/** Runs the events of a day through the handlers of every listener again, one service after the other. */
export async function* replayDay(
  context: TopicContext,
  options: ReplayOptions,
): AsyncGenerator<ReplayLine> {
  for (const service of LISTENERS) yield* replayAt(context, service, options)
}

/** content-svc owns the topics. */
async function callTopicOwner<Data>(
  { owners }: TopicContext,
  path: string,
  body: object,
): Promise<Data> {
  try {
    const answer = await owners
      .of('content')
      .post<{ data: Data }>(path, body, { readTimeoutMilliseconds: TOPIC_TIMEOUT_MILLISECONDS })
    return answer.data
  } catch (error) {
    throw areBrokersAway(error) ? new BrokersAwayError(BROKERS_AWAY, { cause: error }) : error
  }
}

async function* replayAt(
  { owners }: TopicContext,
  service: OwnerName,
  { day, type, isDryRun, signal }: ReplayOptions,
): AsyncGenerator<ReplayLine> {
  try {
    const input = await owners.of(service).postForStream(
      '/internal/topics/replay',
      { day, isDryRun, ...(type === undefined ? {} : { type }) },
      {
        readTimeoutMilliseconds: REPLAY_TIMEOUT_MILLISECONDS,
        ...(signal === undefined ? {} : { signal }),
      },
    )
    let isComplete = false
    for await (const text of createInterface({ input })) {
      const line = JSON.parse(text) as ListenerLine
      isComplete = 'report' in line || 'error' in line
      yield { service, ...('error' in line && line.error === 'NO_KAFKA' ? NO_KAFKA_LINE : line) }
    }
    if (!isComplete) yield { service, error: 'the answer ended before the replay did' }
  } catch (error) {
    yield { service, error: reasonOf(error) }
  }
}

/** A line of ReplayLine as the listener sends it. */
type ListenerLine =
  | { done: number; of: number }
  | { report: { records: number; changed: number; deadLettered: number } }
  | { error: string }

const NO_KAFKA_LINE = { error: NO_KAFKA }

const areBrokersAway = (error: unknown): boolean =>
  error instanceof ServiceDependencyError && error.code === 'KAFKA_NETWORK_ERROR'

function reasonOf(error: unknown): string {
  if (areBrokersAway(error)) return BROKERS_AWAY
  if (error instanceof ServiceRefusedError && error.code === 'NOT_FOUND') return NO_TOPIC
  return error instanceof Error ? error.message : String(error)
}

import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { INTERNAL_TOKEN } from '@dailyfeed/contract/headers'
import type { ActivityType } from '@dailyfeed/contract/event-registry'
import { LISTENERS } from '@dailyfeed/contract/subscriptions'
import { NO_KAFKA, type ReplayLine, type Topic, type TopicDeletion } from './topic.schemas.ts'

/** The services that own topics and handlers, asked over HTTP. */
export interface TopicOwners {
  /** hasKafka: false where no brokers are set. Throws an Error that names the service where it is away. */
  list(): Promise<{ hasKafka: boolean; topics: Topic[] }>
  remove(day: string, isDryRun: boolean): Promise<TopicDeletion>
  /** The day once more through the handlers of every listener, one service after the other. Ends early when nobody reads on. */
  replay(options: ReplayOptions): AsyncGenerator<ReplayLine>
}

export interface ReplayOptions {
  /** yyyyMMdd */
  day: string
  type?: ActivityType | undefined
  isDryRun: boolean
  signal?: AbortSignal
}

/** The owner answers, and its brokers do not. */
export class BrokersAwayError extends Error {
  override name = 'BrokersAwayError'
}

/** Listing hundreds of topics asks the brokers for each group. */
const ANSWER_MILLISECONDS = 60_000

export function createTopicOwners(
  urls: Record<string, string>,
  internalToken: string,
): TopicOwners {
  async function post(
    service: string,
    path: string,
    body: object,
    signal: AbortSignal,
  ): Promise<Response> {
    let response: Response
    try {
      response = await fetch(`${urls[service]}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', [INTERNAL_TOKEN]: internalToken },
        body: JSON.stringify(body),
        signal,
      })
    } catch (error) {
      throw new Error(`${service}-svc does not answer`, { cause: error })
    }
    if (response.ok) return response
    const { code } = (await response.json().catch(() => ({}))) as { code?: string }
    if (code === 'KAFKA_NETWORK_ERROR')
      throw new BrokersAwayError('the brokers of KAFKA_BROKERS do not answer')
    throw new Error(
      code === 'NOT_FOUND'
        ? NOT_THERE
        : `${service}-svc answered ${response.status}${code === undefined ? '' : ` ${code}`}`,
    )
  }

  const ask = async <Data>(path: string, body: object): Promise<Data> =>
    (
      (await (
        await post('content', path, body, AbortSignal.timeout(ANSWER_MILLISECONDS))
      ).json()) as { data: Data }
    ).data

  async function* replayOf(
    service: string,
    { day, type, isDryRun, signal }: ReplayOptions,
  ): AsyncGenerator<ReplayLine> {
    try {
      const response = await post(
        service,
        '/internal/topics/replay',
        { day, isDryRun, ...(type === undefined ? {} : { type }) },
        signal ?? new AbortController().signal,
      )
      const lines = createInterface({ input: Readable.fromWeb(response.body as ReadableStream) })
      let isOver = false
      for await (const line of lines) {
        const told = JSON.parse(line) as Omit<ReplayLine, 'service'>
        isOver = 'report' in told || 'error' in told
        yield {
          service,
          ...('error' in told && told.error === 'NO_KAFKA' ? { error: NO_KAFKA } : told),
        } as ReplayLine
      }
      if (!isOver) yield { service, error: 'the answer ended before the replay did' }
    } catch (error) {
      yield { service, error: error instanceof Error ? error.message : String(error) }
    }
  }

  return {
    list: () => ask('/internal/topics/list', {}),
    async remove(day, isDryRun) {
      const { outcome, lags } = await ask<{ outcome: string; lags?: Record<string, number> }>(
        '/internal/topics/delete',
        { day, isDryRun },
      )
      return { outcome, lags: lags ?? null }
    },
    async *replay(options) {
      for (const service of LISTENERS) yield* replayOf(service, options)
    },
  }
}

const NOT_THERE = 'there is no topic of that day; dailyfeed topics list shows those that are there'

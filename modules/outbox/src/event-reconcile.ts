import { BatchSize } from '@dailyfeed/concurrency/batch-size'
import { MISSING_EVENTS_PATH, type MissingEvents } from '@dailyfeed/contract/event-delivery'
import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import { isExcessiveWork } from '@dailyfeed/postgres-support/fault'
import { ServiceTimeoutError } from '@dailyfeed/service-client/service-errors'
import { subscriptionsOf } from '@dailyfeed/contract/subscriptions'
import type { Log } from '@dailyfeed/http-server/log'
import type { ServiceClient } from '@dailyfeed/service-client/service-client'
import type { Sql } from 'postgres'
import {
  findReconciled,
  findSent,
  insertMissing,
  saveReconciled,
  type SentQuery,
  type SentRow,
} from './event-reconcile.queries.ts'
import { toEventJson } from './event-text.ts'

interface ReconcileOptions {
  sql: Sql
  schema: string
  subscribers: Record<string, ServiceClient>
  olderThanSeconds: number
  log: Pick<Log, 'warn' | 'error'>
  wakeRelay: () => void
}

interface ReconcileFigures {
  /** Events that a subscriber was asked about. */
  asked: number
  /** Events that are delivered again. */
  missing: number
  /** Subscribers that have too many records to read. */
  behind: number
  /** Subscribers that could not be asked. */
  away: number
}

/** Events per query and request: about 300 kB. */
const BATCH = 500
/** A subscriber with more unread records is asked again by a later run. */
const MAX_LAG = 10_000
/** Below the time that batch-svc waits for a job; the next run continues. */
const RUN_MILLISECONDS = 240_000

/**
 * `eventReconcileJob`: asks each subscriber whether the events that were sent some time ago took effect, and delivers the
 * missing ones over HTTP. With acks = 1 a broker can lose records after it acknowledged them; this turns the loss into a
 * delay. It may run twice and concurrently, since an event that is delivered twice takes effect once.
 */
export async function reconcileEvents(options: ReconcileOptions): Promise<Record<string, number>> {
  const figures: ReconcileFigures = { asked: 0, missing: 0, behind: 0, away: 0 }
  const endsAt = performance.now() + RUN_MILLISECONDS
  for (const [subscriber, client] of Object.entries(options.subscribers))
    await reconcileSubscriber(options, { subscriber, client, endsAt, figures })
  return { ...figures }
}

async function reconcileSubscriber(
  { sql, schema, olderThanSeconds, log, wakeRelay }: ReconcileOptions,
  {
    subscriber,
    client,
    endsAt,
    figures,
  }: { subscriber: string; client: ServiceClient; endsAt: number; figures: ReconcileFigures },
): Promise<void> {
  const types = subscriptionsOf(subscriber)
  const size = new BatchSize({ max: BATCH })
  let after = await findReconciled(sql, schema, subscriber)
  while (performance.now() < endsAt) {
    const sent = { subscriber, types, after, olderThanSeconds }
    const rows = await findSentInTime(sql, schema, sent, size)
    const last = rows.at(-1)
    if (last === undefined) return
    const events = rows.map(({ text }) => JSON.parse(toEventJson(text)) as MemberActivityEvent)
    const startedAt = performance.now()
    const answer = await findMissing(client, events).catch((error) => ({ error }))
    if ('error' in answer) {
      size.failed(events.length)
      if (answer.error instanceof ServiceTimeoutError && events.length > 1) continue
      log.warn(
        { schema, subscriber, err: answer.error },
        'subscriber not asked for missing events; the next run asks again',
      )
      figures.away += 1
      return
    }
    size.succeeded(events.length, performance.now() - startedAt)
    if (answer.missing.length > 0 && answer.lag > MAX_LAG) {
      figures.behind += 1
      return
    }
    figures.asked += events.length
    figures.missing += answer.missing.length
    if (answer.missing.length > 0) {
      log.error(
        { schema, subscriber, count: answer.missing.length, first: answer.missing[0] },
        'ALARM: events that were sent did not arrive; they are delivered again',
      )
      await insertMissing(sql, schema, subscriber, answer.missing)
      wakeRelay()
    }
    // Only after the redelivery is recorded: a crash in between repeats the batch.
    await saveReconciled(sql, schema, subscriber, last.event_id)
    after = last.event_id
  }
}

/** Reads fewer events after a statement that exceeded its time limit. */
async function findSentInTime(
  sql: Sql,
  schema: string,
  sent: Omit<SentQuery, 'limit'>,
  size: BatchSize,
): Promise<SentRow[]> {
  for (;;) {
    const limit = size.current
    try {
      return await findSent(sql, schema, { ...sent, limit })
    } catch (error) {
      if (!isExcessiveWork(error) || limit === 1) throw error
      size.failed(limit)
    }
  }
}

/** Those of the events that took no effect, and the lag of the subscriber. */
async function findMissing(
  client: ServiceClient,
  events: readonly MemberActivityEvent[],
): Promise<MissingEvents> {
  const { data } = await client.post<{ data: MissingEvents }>(MISSING_EVENTS_PATH, { events })
  const ids = new Set(events.map(({ eventId }) => eventId))
  return { ...data, missing: data.missing.filter((eventId) => ids.has(eventId)) }
}

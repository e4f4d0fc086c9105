import { MISSING_EVENTS_PATH, type MissingEvents } from '@dailyfeed/contract/event-delivery'
import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import { subscriptionsOf } from '@dailyfeed/contract/subscriptions'
import type { ServiceClient } from '@dailyfeed/service-client/service-client'
import type { FastifyBaseLogger } from 'fastify'
import type { Sql } from 'postgres'
import { toEventJson } from './event-text.ts'
import {
  findSent,
  findReconciled,
  insertMissing,
  saveReconciled,
} from './event-reconcile.queries.ts'

interface ReconcileOptions {
  sql: Sql
  schema: string
  subscribers: Record<string, ServiceClient>
  olderThanSeconds: number
  log: Pick<FastifyBaseLogger, 'warn' | 'error'>
  wakeRelay: () => void
}

const BATCH = 500
/** Above it a subscriber is behind, and is asked again when it has caught up. */
const MAX_LAG = 10_000
/** batch-svc waits for a job; what is left is for the next run. */
const RUN_MILLISECONDS = 240_000

/**
 * `eventReconcileJob`: asks each subscriber after every event that was sent some time ago, and delivers over HTTP what it
 * lacks. With acks = 1 a leader that dies after its receipt loses records; here that costs a delay, never an event.
 * Safe to run twice and at once: an event that is delivered twice takes effect once.
 */
export async function reconcileEvents({
  sql,
  schema,
  subscribers,
  olderThanSeconds,
  log,
  wakeRelay,
}: ReconcileOptions): Promise<Record<string, number>> {
  const figures = { asked: 0, missing: 0, behind: 0, away: 0 }
  const endsAt = performance.now() + RUN_MILLISECONDS
  for (const [subscriber, client] of Object.entries(subscribers)) {
    const types = subscriptionsOf(subscriber)
    let after = await findReconciled(sql, schema, subscriber)
    while (performance.now() < endsAt) {
      const rows = await findSent(sql, schema, {
        subscriber,
        types,
        after,
        olderThanSeconds,
        limit: BATCH,
      })
      const last = rows.at(-1)
      if (last === undefined) break
      const events = rows.map(({ text }) => JSON.parse(toEventJson(text)) as MemberActivityEvent)
      let answer: MissingEvents
      try {
        answer = (await client.post<{ data: MissingEvents }>(MISSING_EVENTS_PATH, { events })).data
      } catch (error) {
        log.warn(
          { schema, subscriber, err: error },
          'a subscriber could not be asked what it lacks; it is asked again',
        )
        figures.away += 1
        break
      }
      if (answer.missing.length > 0 && answer.lag > MAX_LAG) {
        figures.behind += 1
        break
      }
      figures.asked += events.length
      figures.missing += answer.missing.length
      await redeliver(events, answer.missing, subscriber)
      // Only now: an end in between asks again.
      await saveReconciled(sql, schema, subscriber, last.event_id)
      after = last.event_id
    }
  }
  return figures

  async function redeliver(
    events: readonly MemberActivityEvent[],
    missing: readonly string[],
    subscriber: string,
  ): Promise<void> {
    const asked = new Set(events.map(({ eventId }) => eventId))
    const lacking = missing.filter((eventId) => asked.has(eventId))
    if (lacking.length === 0) return
    log.error(
      { schema, subscriber, count: lacking.length, first: lacking[0] },
      'ALARM: events that were sent did not arrive; they are delivered again',
    )
    await insertMissing(sql, schema, subscriber, lacking)
    wakeRelay()
  }
}

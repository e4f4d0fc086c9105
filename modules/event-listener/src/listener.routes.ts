import { DailyfeedError } from '@dailyfeed/contract/errors'
import { EVENTS_PATH, MISSING_EVENTS_PATH } from '@dailyfeed/contract/event-delivery'
import {
  MAX_EVENTS_PER_BATCH,
  MemberActivityEvent,
} from '@dailyfeed/contract/member-activity-event'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import Type from 'typebox'
import type { HandlingReport } from './event-handler-runner.ts'
import type { Listener } from './listener.ts'

/**
 * The listener validates each event by itself, so that an invalid one becomes a dead letter and
 * delays no other.
 */
const EventBatch = Type.Object({
  events: Type.Array(Type.Any(), { maxItems: MAX_EVENTS_PER_BATCH }),
})
const Report = Type.Object({
  received: Type.Integer(),
  applied: Type.Integer(),
  deadLettered: Type.Integer(),
})
const ValidBatch = Type.Object({
  events: Type.Array(MemberActivityEvent, { maxItems: MAX_EVENTS_PER_BATCH }),
})
const Missing = Type.Object({ missing: Type.Array(Type.String()), lag: Type.Integer() })

/** More than its publishers and their earlier, abandoned deliveries need. A delivery has at most 1 MB. */
const MAX_DELIVERIES = 8

interface ListenerContext {
  listener: Pick<Listener, 'handle' | 'findMissing'>
  /** Services that may deliver events. */
  publishers: readonly string[]
  /** Number of records not yet read from Kafka. */
  lag: () => number
}

export function registerListenerRoutes(
  app: HttpServer,
  { listener, publishers, lag }: ListenerContext,
): void {
  const config = { access: 'INTERNAL' as const, callers: publishers }
  let deliveries = 0

  /** Throws SERVICE_UNAVAILABLE while too many deliveries are in progress: events then wait with their publisher. */
  async function handleOrThrow(
    events: readonly unknown[],
    source: string,
  ): Promise<HandlingReport> {
    if (deliveries >= MAX_DELIVERIES)
      throw new DailyfeedError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 1 })
    deliveries += 1
    try {
      return await listener.handle(events, source)
    } finally {
      deliveries -= 1
    }
  }

  app.post(
    EVENTS_PATH,
    { config, schema: { hide: true, body: EventBatch, response: { 200: successOf(Report) } } },
    async ({ body, callerService }) =>
      success(200, await handleOrThrow(body.events, `http:${callerService}`)),
  )

  app.post(
    MISSING_EVENTS_PATH,
    { config, schema: { hide: true, body: ValidBatch, response: { 200: successOf(Missing) } } },
    async ({ body }) => {
      const missing = await listener.findMissing(body.events)
      return success(200, { missing: missing.map(({ eventId }) => eventId), lag: lag() })
    },
  )
}

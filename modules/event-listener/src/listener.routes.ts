import {
  MAX_EVENTS_PER_BATCH,
  MemberActivityEvent,
} from '@dailyfeed/contract/member-activity-event'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import Type from 'typebox'
import { EVENTS_PATH, MISSING_EVENTS_PATH } from '@dailyfeed/contract/event-delivery'
import type { Listener } from './listener.ts'

/** Each event is judged by the listener, so that one that is not valid becomes a dead letter and holds up no other. */
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

interface HttpListeningOptions {
  listener: Listener
  publishers: readonly string[]
  /** Records that are still to be read from Kafka. */
  lag: () => number
}

export function registerListenerRoutes(
  app: HttpServer,
  { listener, publishers, lag }: HttpListeningOptions,
): void {
  const config = { access: 'INTERNAL' as const, callers: publishers }
  app.post(
    EVENTS_PATH,
    { config, schema: { hide: true, body: EventBatch, response: { 200: successOf(Report) } } },
    async (request) =>
      success(200, await listener.handle(request.body.events, `http:${request.callerService}`)),
  )

  app.post(
    MISSING_EVENTS_PATH,
    { config, schema: { hide: true, body: ValidBatch, response: { 200: successOf(Missing) } } },
    async (request) => {
      const missing = await listener.findMissing(request.body.events)
      return success(200, { missing: missing.map(({ eventId }) => eventId), lag: lag() })
    },
  )
}

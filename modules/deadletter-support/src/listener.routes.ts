import { MAX_EVENTS_PER_BATCH } from '@dailyfeed/code/member-activity-event'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import Type from 'typebox'
import { EVENTS_PATH } from './http-delivery.ts'
import type { Listener } from './listener.ts'

/** Each event is judged by the listener, so that one that is not valid becomes a dead letter and holds up no other. */
const EventBatch = Type.Object({ events: Type.Array(Type.Any(), { maxItems: MAX_EVENTS_PER_BATCH }) })
const Report = Type.Object({ received: Type.Integer(), applied: Type.Integer(), deadLettered: Type.Integer() })

export function listenOverHttp(app: HttpServer, listener: Listener, publishers: readonly string[]): void {
  app.post(
    EVENTS_PATH,
    { config: { access: 'INTERNAL', callers: publishers }, schema: { hide: true, body: EventBatch, response: { 200: successOf(Report) } } },
    async (request) => success(200, await listener.handle(request.body.events, `http:${request.callerService}`)),
  )
}

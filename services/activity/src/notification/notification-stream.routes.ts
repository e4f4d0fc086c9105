import type { HttpServer } from '@dailyfeed/http-server/http-server'
import Type from 'typebox'
import type { StreamHub } from './stream-hub.ts'

/** The ids of events are numbers. With any other id the stream starts from now. */
const LAST_EVENT_ID = /^\d{1,15}$/

export function notificationStreamRoutes(
  app: HttpServer,
  { streams }: { streams: StreamHub },
): void {
  // An open stream would keep the server from closing.
  app.addHook('preClose', () => streams.close())

  app.get(
    '/api/notifications/stream',
    {
      exposeHeadRoute: false,
      config: { rateClass: 'stream' },
      schema: {
        tags: ['notification'],
        summary: 'Stream my new notifications as Server-Sent Events; resumes after Last-Event-ID',
        response: {
          200: {
            description: 'Each event has an id, and a notification as its data',
            content: { 'text/event-stream': { schema: Type.String() } },
          },
        },
      },
    },
    async (request, reply) => {
      const { authorization = '', 'last-event-id': lastEventId } = request.headers
      const lastNumber =
        typeof lastEventId === 'string' && LAST_EVENT_ID.test(lastEventId)
          ? Number(lastEventId)
          : undefined
      const events = await streams.open(request.memberId, authorization, lastNumber)
      // x-accel-buffering asks a proxy in front to forward each event at once.
      reply
        .header('content-type', 'text/event-stream; charset=utf-8')
        .header('x-accel-buffering', 'no')
      return reply.send(events as never)
    },
  )
}

import type { HttpServer } from '@dailyfeed/http-server/http-server'
import Type from 'typebox'
import type { NotificationStreams } from './stream-hub.ts'

/** Ids are numbers of ours; any other says nothing, and the stream starts from now. */
const LAST_EVENT_ID = /^\d{1,15}$/

export function notificationStreamRoutes(
  app: HttpServer,
  { streams }: { streams: NotificationStreams },
): void {
  // Streams would hold up a server that is being closed.
  app.addHook('preClose', () => streams.close())

  app.get(
    '/api/notifications/stream',
    {
      exposeHeadRoute: false,
      schema: {
        tags: ['notification'],
        summary:
          'My notifications as they come: Server-Sent Events of Notification, resumed by Last-Event-ID',
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
      // x-accel-buffering asks a proxy in front to pass each event on at once.
      reply
        .header('content-type', 'text/event-stream; charset=utf-8')
        .header('x-accel-buffering', 'no')
      return reply.send(events as never)
    },
  )
}

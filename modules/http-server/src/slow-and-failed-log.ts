import type { HttpServer } from './http-server.ts'

const SLOW_MILLISECONDS = 1_000

/** One line for each answer that somebody may ask about: a failure of ours, or a slow one. */
export function logSlowAndFailed(app: HttpServer): void {
  app.addHook('onResponse', async (request, reply) => {
    if (reply.statusCode < 500 && reply.elapsedTime <= SLOW_MILLISECONDS) return
    const path = request.url.split('?', 1)[0]
    request.log.warn(
      {
        method: request.method,
        path,
        status: reply.statusCode,
        milliseconds: Math.round(reply.elapsedTime),
        traceId: request.traceId,
      },
      'request',
    )
  })
}

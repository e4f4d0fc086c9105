import type { FastifyReply, FastifyRequest } from 'fastify'
import type { HttpServer } from './http-server.ts'

const SLOW_MILLISECONDS = 1_000

/**
 * Logs one line for each answer that an operator may ask about: status 5xx, or slower than a second.
 * A 503, of which there may be thousands, is counted by the metrics, and its cause is logged once a
 * minute.
 */
export function logSlowAndFailed(app: HttpServer): void {
  app.addHook('onResponse', (request, reply, done) => {
    const isFailed = reply.statusCode >= 500 && reply.statusCode !== 503
    if (isFailed || reply.elapsedTime > SLOW_MILLISECONDS) logLine(request, reply)
    done()
  })
}

function logLine(request: FastifyRequest, reply: FastifyReply): void {
  request.log.warn(
    {
      method: request.method,
      path: request.url.split('?', 1)[0],
      status: reply.statusCode,
      milliseconds: Math.round(reply.elapsedTime),
      traceId: request.traceId,
    },
    'request',
  )
}

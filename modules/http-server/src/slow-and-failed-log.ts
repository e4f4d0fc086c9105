import type { FastifyReply, FastifyRequest } from 'fastify'
import type { HttpServer } from './http-server.ts'

const SLOW_MILLISECONDS = 1_000

/** Logs one line for each answer that an operator may ask about: status 5xx, or slower than a second. */
export function logSlowAndFailed(app: HttpServer): void {
  app.addHook('onResponse', (request, reply, done) => {
    const isSlow = reply.elapsedTime > SLOW_MILLISECONDS
    // Refusals of an overload are counted, and logged once for all: a line for each would add to it.
    if (isSlow || (reply.statusCode >= 500 && !request.isShed)) logLine(request, reply)
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

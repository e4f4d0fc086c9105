import type { IncomingMessage } from 'node:http'
import { REQUEST_ID } from '@dailyfeed/contract/headers'
import type { FastifyRequest } from 'fastify'
import { randomHex } from './hex-ids.ts'
import type { HttpServer } from './http-server.ts'

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/
const NO_TRACE = '0'.repeat(32)
/** Printable and short, without characters that could end a log line or a header. */
const REQUEST_ID_FORM = /^[\w.:-]{1,128}$/

/** The caller's W3C trace id, or a new one. */
export function traceIdOf(request: IncomingMessage): string {
  const given = request.headers['traceparent']
  const traceId = typeof given === 'string' ? TRACEPARENT.exec(given)?.[1] : undefined
  return traceId === undefined || traceId === NO_TRACE ? randomHex(32) : traceId
}

/** Gives requests their `traceId`, which is made when it is first read: most requests need none. */
export const decorateTraceId = (app: HttpServer): void =>
  void app.decorateRequest('traceId', {
    getter(this: FastifyRequest) {
      const value = traceIdOf(this.raw)
      Object.defineProperty(this, 'traceId', { value })
      return value
    },
  })

/** A `traceparent` for calls made on behalf of this trace. */
export const traceparentOf = (traceId: string) => `00-${traceId}-${randomHex(16)}-01`

/** The caller's request id if its form is harmless, or a new one. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers[REQUEST_ID]
  return typeof given === 'string' && REQUEST_ID_FORM.test(given) ? given : randomHex(24)
}

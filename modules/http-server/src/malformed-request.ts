import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { DailyfeedError, type ErrorCode, ERRORS } from '@dailyfeed/contract/errors'
import type { ConnectionError, FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { failMalformed, failWith } from './error-handler.ts'
import { traceIdOf } from './trace.ts'

/** Answers a URL that the router cannot decode (`/%zz`). Fastify refuses it before any hook runs. */
export function answerBadAddress(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  request.traceId = traceIdOf(request.raw)
  reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff')
  // A path parameter longer than any id cannot name a resource.
  if (error.statusCode === 414) failWith(request, reply, new DailyfeedError('NOT_FOUND'))
  else failMalformed(request, reply)
}

const STATUS_BY_CODE: Record<string, number> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
}
const CODE_BY_STATUS: Record<number, ErrorCode> = {
  400: 'VALIDATION_FAILED',
  408: 'VALIDATION_FAILED',
  431: 'PAYLOAD_TOO_LARGE',
}

/**
 * Answers bytes that are not HTTP, or headers that arrive too slowly, with one failure envelope, and closes the
 * connection. No header was parsed, so the message is in the default language and there is no trace id.
 */
export function answerBadHttp(error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const status = STATUS_BY_CODE[error.code] ?? 400
  const code = CODE_BY_STATUS[status] ?? 'VALIDATION_FAILED'
  const body = JSON.stringify({
    statusCode: status,
    resultCode: 'FAIL',
    code,
    message: ERRORS[code].ko,
    path: '',
    traceId: '',
  })
  if (socket.writable) {
    socket.write(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
        `Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n${body}`,
    )
  }
  socket.destroySoon()
}

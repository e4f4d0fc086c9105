import type { FastifyReply } from 'fastify'
import type { HttpServer } from './http-server.ts'

/** Ordinary answers are a tenth of it. */
const MAX_KEPT_BYTES = 512 * 1024

/**
 * Whether a connection is closed after an answer of this many bytes. The kernel may take as much from
 * a server although the client reads nothing; an open connection would hold it as long as the client
 * wants, while a closed one is given up after some attempts.
 */
export const closesConnection = (bytes: number): boolean => bytes > MAX_KEPT_BYTES

/** Announces the end of the connection with each large answer. `answer` of raw JSON does so itself. */
export function closeAfterLargeAnswers(app: HttpServer): void {
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (
      (typeof payload === 'string' || Buffer.isBuffer(payload)) &&
      closesConnection(payload.length)
    )
      announceClose(reply)
    done(null, payload)
  })
}

export const announceClose = (reply: FastifyReply): void => {
  reply.raw.setHeader('connection', 'close')
}

import type { FastifyReply } from 'fastify'

/**
 * Sends JSON whose UTF-8 bytes stand in a one-byte string, as `Buffer.from(text).toString('latin1')` makes it: header and body
 * leave in one write, and nothing is encoded or measured again. What hooks have set as headers is sent; `onSend` is not.
 */
export function sendOneByteJson(reply: FastifyReply, text: string): FastifyReply {
  reply.hijack()
  reply.raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'application/json; charset=utf-8',
    'content-length': text.length,
  })
  reply.raw.end(text, 'latin1')
  return reply
}

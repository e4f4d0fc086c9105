import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyReply } from 'fastify'

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/**
 * The upstream's headers over those that the edge has set (request id, rate limit, CORS). The service's values take
 * precedence, except for CORS, which only the edge decides.
 */
export function responseHeadersOf(
  reply: FastifyReply,
  given: IncomingHttpHeaders,
): Record<string, string | string[] | number> {
  const headers = reply.getHeaders() as Record<string, string | string[] | number>
  const vary = headers['vary']
  for (const name in given) {
    const value = given[name]
    if (value !== undefined && !HOP_BY_HOP.has(name) && !name.startsWith('access-control-'))
      headers[name] = value
  }
  if (vary !== undefined && given['vary'] !== undefined)
    headers['vary'] = `${vary}, ${given['vary']}`
  return headers
}

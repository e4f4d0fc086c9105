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
 * The upstream's headers, on top of what the edge has already said (request id, rate limit, CORS): a service's word on
 * its own answer counts more, but CORS is the edge's alone.
 */
export function answeredHeadersOf(
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

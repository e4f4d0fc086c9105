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
 * Whether an upstream may set this header of the answer. Those of the connection belong to the
 * gateway's connection with the client, and CORS is decided by the edge alone.
 */
export const isOfUpstream = (lowerCaseName: string): boolean =>
  !HOP_BY_HOP.has(lowerCaseName) && !lowerCaseName.startsWith('access-control-')

/**
 * The upstream's headers over those that the edge has set (request id, rate limit, CORS). The
 * service's values take precedence where it may set a header.
 */
export function responseHeadersOf(
  reply: FastifyReply,
  given: IncomingHttpHeaders,
): Record<string, string | string[] | number> {
  const headers = reply.getHeaders() as Record<string, string | string[] | number>
  const vary = headers['vary']
  for (const name in given) {
    const value = given[name]
    if (value !== undefined && isOfUpstream(name)) headers[name] = value
  }
  if (vary !== undefined && given['vary'] !== undefined)
    headers['vary'] = `${vary}, ${given['vary']}`
  return headers
}

import type { IncomingHttpHeaders } from 'node:http'
import { DEADLINE, INTERNAL_TOKEN, REQUEST_ID } from '@dailyfeed/contract/headers'
import { type Client, TRUSTED_FRONTEND } from '@dailyfeed/http-server/client-address'
import { traceparentOf } from '@dailyfeed/http-server/trace'
import type { FastifyRequest } from 'fastify'

/** Headers of one connection (RFC 9110, 7.6.1), and `expect`, which this server has answered itself. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'expect',
]
/** Headers that only the gateway may set. `host` becomes the service's own; x-forwarded-host keeps the client's. */
const GATEWAY_HEADERS = [
  'host',
  INTERNAL_TOKEN,
  TRUSTED_FRONTEND,
  'x-real-ip',
  'forwarded',
  'x-user-id',
  'x-http-method-override',
  'traceparent',
  REQUEST_ID,
  DEADLINE,
]
const DROPPED = new Set([...HOP_BY_HOP, ...GATEWAY_HEADERS])

/** The client's headers, without those that it may not send to a service. */
function allowedHeadersOf(given: IncomingHttpHeaders): IncomingHttpHeaders {
  const headers: IncomingHttpHeaders = {}
  for (const name in given) {
    const value = given[name]
    if (value !== undefined && !DROPPED.has(name) && !name.startsWith('x-forwarded-'))
      headers[name] = value
  }
  for (const name of namedByConnection(given.connection)) delete headers[name]
  return headers
}

/** Further headers that the client declares to be hop-by-hop; almost no client does. */
const namedByConnection = (connection: string | undefined) =>
  connection === undefined || connection === 'keep-alive' || connection === 'close'
    ? []
    : connection
        .toLowerCase()
        .split(',')
        .map((name) => name.trim())

/** Headers of the forwarded request. `internalToken` is undefined for a server that is not a service of the product. */
export function forwardedHeadersOf(
  request: FastifyRequest,
  client: Client,
  internalToken: string | undefined,
): IncomingHttpHeaders {
  const headers = allowedHeadersOf(request.raw.headers)
  headers['x-forwarded-for'] = client.address
  headers['x-forwarded-proto'] = client.isHttps ? 'https' : 'http'
  headers['x-forwarded-host'] = client.host
  headers[REQUEST_ID] = request.id
  headers['traceparent'] = traceparentOf(request.traceId)
  // A body sent with GET or HEAD is not forwarded, and so neither is its length.
  if (request.method === 'GET' || request.method === 'HEAD') delete headers['content-length']
  if (internalToken !== undefined) headers[INTERNAL_TOKEN] = internalToken
  if (client.isTrustedFrontend) headers[TRUSTED_FRONTEND] = 'true'
  return headers
}

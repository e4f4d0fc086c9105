import { DailyfeedError } from '@dailyfeed/contract/errors'
import { DEADLINE } from '@dailyfeed/contract/headers'
import { failWith } from '@dailyfeed/http-server/error-handler'
import { createRateLimiter } from '@dailyfeed/http-server/rate-limit'
import cors from '@fastify/cors'
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { GatewayConfig, UpstreamName } from '../config.ts'
import type { Client } from '@dailyfeed/http-server/client-address'
import { edgeClientOf } from '../edge-client.ts'
import { findService, pathOf } from '../public-path.ts'
import type { Destination } from './destination.ts'
import { type ForwardContext, forward, type RequestKind } from './forward.ts'
import { forwardedHeadersOf } from './request-headers.ts'

interface ApiOptions {
  config: GatewayConfig
  destinations: Record<UpstreamName, Destination>
  context: ForwardContext
}

declare module 'fastify' {
  interface FastifyRequest {
    client: Client
  }
}

/** PATCH is forwarded, too: the service of the path answers 405 with the methods that it allows. */
export const FORWARDED_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH']
const EXPOSED_HEADERS = [
  'Authorization',
  'X-Token-Refresh-Needed',
  'X-Relogin-Required',
  'Retry-After',
  'X-Request-Id',
]
const PREFLIGHT_SECONDS = 600
const STREAM = /^\/api\/notifications\/stream\/?$/
/** A proxy of the founding frontend logs members out when this request fails. */
const UNLIMITED = /^\/api\/members\/profile\/?$/

/** Forwards everything under `/api` to its service, which authenticates and authorises the caller. */
export const apiRoutes: FastifyPluginAsync<ApiOptions> = async (
  app,
  { config, destinations, context },
) => {
  await app.register(cors, {
    origin: config.CORS_ORIGINS,
    credentials: true,
    methods: ['GET', 'POST', 'PUT', 'DELETE'],
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: PREFLIGHT_SECONDS,
    strictPreflight: false,
  })
  app.decorateRequest('client')
  app.addHook('onRequest', (request, _reply, done) => {
    request.client = edgeClientOf(request, config)
    done()
  })
  if (config.RATE_LIMIT === 'on') limitRequests(app, config)

  const deadline = String(config.UPSTREAM_READ_TIMEOUT_MS)
  app.route({
    method: FORWARDED_METHODS,
    url: '/api/*',
    exposeHeadRoute: false,
    handler(request, reply) {
      const path = pathOf(request.url)
      const service = findService(path)
      if (service === undefined)
        return void failWith(request, reply, new DailyfeedError('NOT_FOUND'))
      const kind = kindOf(request, service, path)
      const headers = forwardedHeadersOf(request, request.client, config.INTERNAL_TOKEN)
      // The time of an upload depends on its sender, and a stream has no end.
      if (kind === 'REQUEST') headers[DEADLINE] = deadline
      forward(request, reply, {
        kind,
        client: request.client,
        headers,
        destination: destinations[service],
        context,
      })
    },
  })
}

function kindOf({ method, raw }: FastifyRequest, service: UpstreamName, path: string): RequestKind {
  if (service === 'activity' && isStream(path)) return 'STREAM'
  if (service !== 'image' || method !== 'POST') return 'REQUEST'
  // image-svc alone receives bodies that are too large to be read before they are forwarded.
  return raw.headers['content-type']?.startsWith('application/json') ? 'REQUEST' : 'UPLOAD'
}

/** A router decodes the path before it finds its route, and so must this rule. */
const isStream = (path: string): boolean =>
  STREAM.test(path) || (path.includes('%') && STREAM.test(decodeURIComponent(path)))

function limitRequests(app: FastifyInstance, config: GatewayConfig): void {
  const limiter = createRateLimiter({
    name: 'edge',
    limit: config.RATE_LIMIT_PER_MINUTE,
    windowSeconds: 60,
  })
  app.addHook('onRequest', async (request, reply) => {
    const { client, method, url } = request
    if (client.isTrustedFrontend || (method === 'GET' && UNLIMITED.test(pathOf(url)))) return
    await limiter.countOrThrow(client.block, reply)
  })
}

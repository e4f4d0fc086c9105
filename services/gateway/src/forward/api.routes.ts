import { DailyfeedError } from '@dailyfeed/contract/errors'
import { failWith } from '@dailyfeed/http-server/error-handler'
import { createRateLimiter } from '@dailyfeed/http-server/rate-limit'
import cors from '@fastify/cors'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import type { GatewayConfig, UpstreamName } from '../config.ts'
import type { Client } from '@dailyfeed/http-server/client-address'
import { addressBlockOf, edgeClientOf } from '../edge-client.ts'
import { findService, pathOf } from '../public-path.ts'
import type { Upstreams } from '../upstreams.ts'
import { type Destination, type EndlessAnswers, forward } from './forward.ts'
import { forwardedHeadersOf } from './request-headers.ts'

interface ApiOptions {
  config: GatewayConfig
  upstreams: Upstreams
  endless: EndlessAnswers
}

declare module 'fastify' {
  interface FastifyRequest {
    client: Client
  }
}

/** PATCH too: the service that has the address says 405 and which methods it takes. */
export const FORWARDED_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH']
const EXPOSED_HEADERS = [
  'Authorization',
  'X-Token-Refresh-Needed',
  'X-Relogin-Required',
  'Retry-After',
  'X-Request-Id',
]
const PREFLIGHT_SECONDS = 600
const RETRY_AFTER_SECONDS = 5
/** A proxy server in front of a client logs people out when this one fails. */
const UNLIMITED = /^\/api\/members\/profile\/?$/

/** Everything under `/api`, passed to the service that has it. Whether the caller may is for that service to judge. */
export const apiRoutes: FastifyPluginAsync<ApiOptions> = async (
  app,
  { config, upstreams, endless },
) => {
  passBodiesUnread(app)
  await app.register(cors, {
    origin: config.CORS_ORIGINS,
    credentials: true,
    methods: ['GET', 'POST', 'PUT', 'DELETE'],
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: PREFLIGHT_SECONDS,
    strictPreflight: false,
  })
  app.decorateRequest('client', null as unknown as Client)
  app.addHook('onRequest', (request, _reply, done) => {
    request.client = edgeClientOf(request, config.TRUSTED_FRONTENDS)
    done()
  })
  if (config.RATE_LIMIT === 'on') limitRequests(app, config)

  app.route({
    method: FORWARDED_METHODS,
    url: '/api/*',
    exposeHeadRoute: false,
    handler(request, reply) {
      const path = pathOf(request.url)
      const service = findService(path)
      if (service === undefined)
        return void failWith(request, reply, new DailyfeedError('NOT_FOUND'))
      const destination: Destination = {
        pool: upstreams.services[service],
        headers: forwardedHeadersOf(request, request.client, config.INTERNAL_TOKEN),
        isEndless: path === '/api/notifications/stream',
        unavailable: () => unavailable(service),
      }
      forward(request, reply, destination, endless)
    },
  })
}

const unavailable = (service: UpstreamName) =>
  new DailyfeedError(service === 'member' ? 'MEMBER_API_CONNECTION_ERROR' : 'SERVICE_UNAVAILABLE', {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  })

function passBodiesUnread(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
}

function limitRequests(app: FastifyInstance, config: GatewayConfig): void {
  const limiter = createRateLimiter({
    name: 'edge',
    limit: config.RATE_LIMIT_PER_MINUTE,
    windowSeconds: 60,
  })
  app.addHook('onRequest', async (request, reply) => {
    const { client, method, url } = request
    if (client.isTrustedFrontend || (method === 'GET' && UNLIMITED.test(pathOf(url)))) return
    await limiter.countOrThrow(addressBlockOf(client.address), reply)
  })
}

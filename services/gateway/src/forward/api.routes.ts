import { DailyfeedError } from '@dailyfeed/contract/errors'
import { FIRST_PATHS } from '@dailyfeed/contract/first-paths'
import { DEADLINE } from '@dailyfeed/contract/headers'
import { failWith } from '@dailyfeed/http-server/error-handler'
import type { RateCounters } from '@dailyfeed/http-server/rate-counters'
import cors from '@fastify/cors'
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { GatewayConfig, UpstreamName } from '../config.ts'
import type { Client } from '@dailyfeed/http-server/client-address'
import { edgeClientOf } from '../edge-client.ts'
import { findService, pathOf } from '../public-path.ts'
import type { Upstreams } from '../upstreams.ts'
import { type Destination, type StreamingResponses, forward } from './forward.ts'
import { forwardedHeadersOf } from './request-headers.ts'

interface ApiOptions {
  config: GatewayConfig
  upstreams: Upstreams
  streams: StreamingResponses
  /** Undefined where rate limits are off. */
  counters: RateCounters | undefined
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
const RETRY_AFTER_SECONDS = 5
/** A service ends a request a little before the gateway gives up, so that its answer still arrives. */
const DEADLINE_SHARE = 0.95
/** A proxy of the founding frontend logs members out when this request fails, so that it has a limit of its own. */
const OWN_PROFILE = /^\/api\/members\/profile\/?$/

/** Forwards everything under `/api` to its service, which authenticates and authorises the caller. */
export const apiRoutes: FastifyPluginAsync<ApiOptions> = async (
  app,
  { config, upstreams, streams, counters },
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
  app.decorateRequest('client')
  app.addHook('onRequest', (request, _reply, done) => {
    request.client = edgeClientOf(request, config)
    done()
  })
  if (counters !== undefined) limitRequests(app, config, counters)

  const deadline = String(Math.floor(config.UPSTREAM_READ_TIMEOUT_MS * DEADLINE_SHARE))
  app.route({
    method: FORWARDED_METHODS,
    url: '/api/*',
    exposeHeadRoute: false,
    config: { priority: ({ url }) => (FIRST_PATHS.has(pathOf(url)) ? 'FIRST' : undefined) },
    handler(request, reply) {
      const path = pathOf(request.url)
      const service = findService(path)
      if (service === undefined)
        return void failWith(request, reply, new DailyfeedError('NOT_FOUND'))
      const headers = forwardedHeadersOf(request, request.client, config.INTERNAL_TOKEN)
      const isStream = path === '/api/notifications/stream'
      if (!isStream && !isUpload(request)) headers[DEADLINE] = deadline
      const destination: Destination = {
        pool: upstreams.services[service],
        headers,
        isStream,
        unavailable: () => unavailable(service),
      }
      forward(request, reply, destination, streams)
    },
  })
}

/** The time of an upload depends on its sender: only what comes after it could have a deadline. */
const isUpload = ({ headers }: FastifyRequest) =>
  headers['content-type']?.startsWith('multipart/') === true

const unavailable = (service: UpstreamName) =>
  new DailyfeedError(service === 'member' ? 'MEMBER_API_CONNECTION_ERROR' : 'SERVICE_UNAVAILABLE', {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  })

function passBodiesUnread(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
}

function limitRequests(app: FastifyInstance, config: GatewayConfig, counters: RateCounters): void {
  const perMinute = (name: string, limit: number) =>
    counters.limiter({ name, limit, windowSeconds: 60 })
  const requests = perMinute('edge', config.RATE_LIMIT_PER_MINUTE)
  const profiles = perMinute('profile', config.RATE_LIMIT_PROFILE_PER_MINUTE)
  app.addHook('onRequest', (request, reply, done) => {
    const { client, method, url } = request
    if (client.isTrustedFrontend) return done()
    const isOwnProfile = method === 'GET' && OWN_PROFILE.test(pathOf(url))
    const limiter = isOwnProfile ? profiles : requests
    limiter.countOrThrow(client.block, reply)
    done()
  })
}

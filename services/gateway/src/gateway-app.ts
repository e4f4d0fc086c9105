import { DailyfeedError } from '@dailyfeed/contract/errors'
import { REQUEST_ID } from '@dailyfeed/contract/headers'
import { logSlowAndFailed } from '@dailyfeed/http-server/slow-and-failed-log'
import { failWith, renderErrors } from '@dailyfeed/http-server/error-handler'
import { registerHealthRoutes } from '@dailyfeed/http-server/health'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { internalCallers } from '@dailyfeed/http-server/internal-access'
import type { Log } from '@dailyfeed/http-server/log'
import { loadGuardOfProcess } from '@dailyfeed/http-server/load-guard'
import { registerMetrics } from '@dailyfeed/http-server/metrics'
import type { RateCounters } from '@dailyfeed/http-server/rate-counters'
import { shedOverload } from '@dailyfeed/http-server/overload'
import { secureOwnAnswers } from '@dailyfeed/http-server/protection'
import { serverOptions } from '@dailyfeed/http-server/server-options'
import { cutStalledAnswers } from '@dailyfeed/http-server/stalled-answers'
import { decorateTraceId } from '@dailyfeed/http-server/trace'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify from 'fastify'
import type { GatewayConfig } from './config.ts'
import { limitConnections } from './connection-limits.ts'
import { documentRoutes } from './documents/document.routes.ts'
import { apiRoutes, FORWARDED_METHODS } from './forward/api.routes.ts'
import { createClientQuotas } from './forward/client-quotas.ts'
import { destinationsOf } from './forward/destination.ts'
import { registerForwardMetrics } from './forward/forward-metrics.ts'
import { pageRoutes } from './page/page.routes.ts'
import { publicUrlOf } from './public-path.ts'
import { EdgeResponse } from './upstream/edge-response.ts'
import type { Upstreams } from './upstreams.ts'

/** Also without probes, so that the time since a service disappeared is measured. */
const CHECK_EVERY_MILLISECONDS = 2_000
const METHODS = new Set([...FORWARDED_METHODS, 'OPTIONS'])

/**
 * With the default of 20 s the slowest client that is served reads 52 kbit/s. It is as much as the
 * gateway holds of an answer, so that it fetches more from the service within the same time, and is
 * not itself taken for a client that does not read.
 */
const MIN_ANSWER_BYTES = 128 * 1024

interface GatewayAppOptions {
  config: GatewayConfig
  context: { upstreams: Upstreams; counters?: RateCounters | undefined }
  log: Log
}

/**
 * The edge. Like a service it has the failure envelope, traces, health and metrics; unlike one it reads no bodies and
 * authenticates no members.
 */
export async function gatewayApp({
  config,
  context: { upstreams, counters },
  log,
}: GatewayAppOptions): Promise<HttpServer> {
  const options = serverOptions(log)
  // An upload of 10 MiB over a phone's connection takes longer than any answer may. Headers have a shorter limit.
  const app: HttpServer = Fastify({
    ...options,
    requestTimeout: 60_000,
    http: { ...options.http, ServerResponse: EdgeResponse },
    rewriteUrl: ({ url }) => publicUrlOf(url ?? '/'),
  }).withTypeProvider<TypeBoxTypeProvider>()
  passBodiesUnread(app)
  awaitPermissionOfBodies(app)
  secureOwnAnswers(app)
  applyHttpDefaults(app)

  const callers = internalCallers(config.INTERNAL_CALLERS)
  app.decorate('internalCallers', callers)
  const metrics = registerMetrics(app, 'gateway', async (request) => {
    if (callers.callerOf(request) === undefined) throw new DailyfeedError('NOT_FOUND')
  })
  app.decorate('metrics', metrics)
  counters?.registerMetrics(metrics)
  shedOverload(app, metrics, loadGuardOfProcess)
  registerHealthRoutes(app, { checkEveryMilliseconds: CHECK_EVERY_MILLISECONDS })

  limitConnections(app, config)
  cutStalledAnswers(app, { stallMilliseconds: config.ANSWER_STALL_MS, minBytes: MIN_ANSWER_BYTES })

  app.addHook('preClose', async () => upstreams.streamingResponses.endAll())
  const destinations = destinationsOf(upstreams, config)
  const quotas = createClientQuotas(config)
  const context = {
    quotas,
    bodyTimeoutMilliseconds: config.BODY_TIMEOUT_MS,
    countRefusal: registerForwardMetrics(metrics, quotas, destinations),
  }
  await app.register(apiRoutes, { config, destinations, context, counters })
  await app.register(documentRoutes, { config, upstreams })
  await app.register(pageRoutes, { config, upstreams, context })
  return app
}

/** No answer of the gateway needs a body that has been parsed, and a refusal does not wait for one. */
function passBodiesUnread(app: HttpServer): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
}

/** Node.js would ask for the body at once, and a request that is refused should not send it. */
function awaitPermissionOfBodies(app: HttpServer): void {
  app.server.on('checkContinue', (request, response) => app.routing(request, response))
}

function applyHttpDefaults(app: HttpServer): void {
  renderErrors(app)
  logSlowAndFailed(app)
  decorateTraceId(app)
  app.addHook('onRequest', (request, reply, done) => {
    reply.header(REQUEST_ID, request.id)
    if (METHODS.has(request.method)) return done()
    reply.header('allow', [...METHODS].join(', '))
    done(new DailyfeedError('METHOD_NOT_ALLOWED'))
  })
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
    done()
  })
  app.setNotFoundHandler((request, reply) => {
    // Every path has a route for GET, which calls this handler when there is no such file.
    if (request.method === 'GET' || request.method === 'HEAD')
      return failWith(request, reply, new DailyfeedError('NOT_FOUND'))
    return failWith(
      request,
      reply.header('allow', 'GET, HEAD'),
      new DailyfeedError('METHOD_NOT_ALLOWED'),
    )
  })
}

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
import { decorateTraceId } from '@dailyfeed/http-server/trace'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify from 'fastify'
import type { GatewayConfig } from './config.ts'
import { documentRoutes } from './documents/document.routes.ts'
import { apiRoutes, FORWARDED_METHODS } from './forward/api.routes.ts'
import { StreamingResponses } from './forward/forward.ts'
import { pageRoutes } from './page/page.routes.ts'
import { publicUrlOf } from './public-path.ts'
import type { Upstreams } from './upstreams.ts'

/** Also without probes, so that the time since a service disappeared is measured. */
const CHECK_EVERY_MILLISECONDS = 2_000
const METHODS = new Set([...FORWARDED_METHODS, 'OPTIONS'])

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
  // An upload of 10 MiB over a phone's connection takes longer than any answer may. Headers have a shorter limit.
  const app: HttpServer = Fastify({
    ...serverOptions(log),
    requestTimeout: 60_000,
    rewriteUrl: ({ url }) => publicUrlOf(url ?? '/'),
  }).withTypeProvider<TypeBoxTypeProvider>()
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

  const streams = new StreamingResponses()
  app.addHook('preClose', async () => streams.endAll())
  await app.register(apiRoutes, { config, upstreams, streams, counters })
  await app.register(documentRoutes, { upstreams })
  await app.register(pageRoutes, { config, upstreams, streams })
  return app
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

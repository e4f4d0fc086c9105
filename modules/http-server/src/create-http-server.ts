import type { TokenVerifier } from '@dailyfeed/access-token/token-verifier'
import { IDEMPOTENCY_KEY } from '@dailyfeed/contract/headers'
import swagger from '@fastify/swagger'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { type RouteOptions } from 'fastify'
import { refuseLargeAnswers } from './answer-size.ts'
import { authenticate } from './authentication.ts'
import { type IsTransientFault, renderErrors } from './error-handler.ts'
import { registerHealthRoutes } from './health.ts'
import type { HttpServer } from './http-server.ts'
import { internalCallers } from './internal-access.ts'
import { refuseHostileAddresses } from './hostile-input.ts'
import { limitRoutes } from './limit-routes.ts'
import { honourDeadlines } from './request-deadline.ts'
import { parseJsonBodies } from './json-body.ts'
import type { Log } from './log.ts'
import { registerMetrics } from './metrics.ts'
import { registerNotFound } from './not-found.ts'
import { type LoadGuard, loadGuardOfProcess } from './load-guard.ts'
import { shedOverload } from './overload.ts'
import { SERVICE_HEADERS } from './protection.ts'
import { rateClassOf } from './rate-classes.ts'
import type { RateLimits } from './rate-limits.ts'
import { serverOptions } from './server-options.ts'
import { logSlowAndFailed } from './slow-and-failed-log.ts'
import { cutStalledAnswers, type StalledAnswerOptions } from './stalled-answers.ts'
import { decorateTraceId } from './trace.ts'
import { compileValidator } from './validation.ts'

/** Documents the header for the API reference; its value is validated where the key is used. */
const IDEMPOTENCY_HEADERS = {
  type: 'object',
  properties: {
    [IDEMPOTENCY_KEY]: {
      type: 'string',
      minLength: 1,
      maxLength: 255,
      description:
        'Printable ASCII. A request repeated within 24 hours with the same key and body has one effect and gets the first answer again; with another body it is refused with 422.',
    },
  },
}

interface HttpServerOptions {
  /** `content`, `timeline`, …: names the metrics and the API document. */
  service: string
  log: Log
  /** Needed by routes of access MEMBER. */
  verifier?: TokenVerifier
  /** The setting `INTERNAL_CALLERS`: services that may call internal routes, with the hashes of their tokens. */
  callers?: string
  isTransientFault?: IsTransientFault
  /** Default: the guard of the process. */
  loadGuard?: LoadGuard
  /** From `createRateLimits`; undefined where nothing is limited. */
  limits?: RateLimits | undefined
  stalledAnswers?: StalledAnswerOptions
}

/**
 * A server with everything that the contract asks of each service: envelope, authentication, body rules, security
 * headers, health, metrics, and its API document at /openapi.json.
 */
export async function createHttpServer({
  service,
  log,
  verifier,
  callers = '',
  isTransientFault,
  loadGuard = loadGuardOfProcess,
  limits,
  stalledAnswers,
}: HttpServerOptions): Promise<HttpServer> {
  const app: HttpServer = Fastify(serverOptions(log)).withTypeProvider<TypeBoxTypeProvider>()

  app.setValidatorCompiler(compileValidator)
  parseJsonBodies(app)
  renderErrors(app, isTransientFault)
  registerNotFound(app)
  decorateTraceId(app)
  sendServiceHeaders(app)
  refuseHostileAddresses(app)
  logSlowAndFailed(app)
  refuseLargeAnswers(app)
  // Authentication, metrics and the load guard act by hooks of each route: they come before every route.
  const admitted = internalCallers(callers)
  app.decorate('internalCallers', admitted)
  authenticate(app, { verifier, callers: admitted })
  honourDeadlines(app)
  const metrics = registerMetrics(app, service)
  app.decorate('metrics', metrics)
  cutStalledAnswers(app, stalledAnswers)
  if (limits !== undefined) limitRoutes(app, limits)
  shedOverload(app, metrics, loadGuard)
  await registerApiDocument(app, service)
  registerHealthRoutes(app)
  app.get('/openapi.json', { config: { access: 'PUBLIC' }, schema: { hide: true } }, async () =>
    app.swagger(),
  )
  return app
}

/** On the raw answer, where cached answers find them too. A route's own `reply.header` wins. */
const sendServiceHeaders = (app: HttpServer): void =>
  void app.addHook('onRequest', (request, reply, done) => {
    SERVICE_HEADERS.applyTo(reply.raw, request.id)
    done()
  })
/** The class by which a route is limited, and the answer beyond its limit. */
function describeLimit({ method, url, config }: RouteOptions): object {
  const rateClass = rateClassOf({ method, url, rateClass: config?.rateClass })
  return rateClass === undefined ? {} : { 'x-rate-class': rateClass }
}

async function registerApiDocument(app: HttpServer, service: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: `dailyfeed ${service}-svc`, version: '1' },
      components: {
        securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      },
    },
    hideUntagged: false,
    transform: ({ schema, url, route }) => ({
      schema: {
        ...schema,
        security: route.config?.access === 'PUBLIC' ? [] : [{ bearer: [] }],
        ...describeLimit(route),
        ...(route.config?.acceptsIdempotencyKey === true ? { headers: IDEMPOTENCY_HEADERS } : {}),
      },
      url,
    }),
  })
}

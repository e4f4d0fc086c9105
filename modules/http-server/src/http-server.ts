import type { TokenVerifier } from '@dailyfeed/access-token/token-verifier'
import { IDEMPOTENCY_KEY, REQUEST_ID } from '@dailyfeed/contract/headers'
import swagger from '@fastify/swagger'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type RawReplyDefaultExpression,
  type RawRequestDefaultExpression,
  type RawServerDefault,
} from 'fastify'
import type { Registry } from 'prom-client'
import { authenticate } from './authentication.ts'
import { logSlowAndFailed } from './slow-and-failed-log.ts'
import { type IsTransientFault, renderErrors } from './error-handler.ts'
import { registerHealthRoutes } from './health.ts'
import { type InternalCallers, internalCallers } from './internal-access.ts'
import { parseJsonBodies, refuseBadEncoding, refuseHostileText } from './json-body.ts'
import { registerMetrics } from './metrics.ts'
import { registerNotFound } from './not-found.ts'
import { sendSecurityHeaders, shedOverload } from './protection.ts'
import { serverOptions } from './server-options.ts'
import { traceIdOf } from './trace.ts'
import { compileValidator } from './validation.ts'

export type HttpServer = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

declare module 'fastify' {
  interface FastifyInstance {
    metrics: Registry
    internalCallers: InternalCallers
  }
}

/** For the documents alone: the header is judged where the key is used. */
const IDEMPOTENCY_HEADERS = {
  type: 'object',
  properties: {
    [IDEMPOTENCY_KEY]: {
      type: 'string',
      minLength: 1,
      maxLength: 255,
      description:
        'Printable ASCII. The same key and body within 24 hours have one effect and get the first answer again; another body is 422.',
    },
  },
}

interface HttpServerOptions {
  /** `content`, `timeline`, …: names the logs and metrics. */
  service: string
  logLevel: string
  /** Absent where no route asks for a member. */
  verifier?: TokenVerifier
  /** `INTERNAL_CALLERS`. */
  callers?: string
  /** Throws while a dependency that this service cannot do without is away. */
  checkReady: () => Promise<void>
  isTransientFault?: IsTransientFault
  /** Milliseconds beyond which load is shed; 0: never, for tests, which must not depend on how busy their machine is. */
  maxEventLoopDelay?: number
}

/** A server that already keeps the contract's manners: envelope, authentication, limits, health, metrics, documents. */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const {
    service,
    logLevel,
    verifier,
    callers = '',
    checkReady,
    isTransientFault,
    maxEventLoopDelay,
  } = options
  const app = Fastify(serverOptions(service, logLevel)).withTypeProvider<TypeBoxTypeProvider>()

  app.setValidatorCompiler(compileValidator)
  parseJsonBodies(app as unknown as FastifyInstance)
  renderErrors(app as unknown as FastifyInstance, isTransientFault)
  registerNotFound(app as unknown as FastifyInstance)
  app.decorateRequest('traceId', '')
  app.addHook('onRequest', async (request, reply) => {
    request.traceId = traceIdOf(request.raw)
    // On the raw answer, as the security headers are: `sendOneByteJson` sends these alone. A route's own `reply.header` wins.
    reply.raw.setHeader(REQUEST_ID, request.id)
    reply.raw.setHeader('cache-control', 'no-store')
  })
  app.addHook('preValidation', async ({ url, params, query }) => {
    refuseBadEncoding(url)
    for (const [name, value] of [
      ...Object.entries(params as object),
      ...Object.entries(query as object),
    ]) {
      if (typeof value === 'string') refuseHostileText(value, [name])
    }
  })
  logSlowAndFailed(app as unknown as FastifyInstance)
  sendSecurityHeaders(app as unknown as FastifyInstance)
  await shedOverload(app as unknown as FastifyInstance, maxEventLoopDelay)
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
        ...(route.config?.acceptsIdempotencyKey === true ? { headers: IDEMPOTENCY_HEADERS } : {}),
      },
      url,
    }),
  })
  const admitted = internalCallers(callers)
  app.decorate('internalCallers', admitted)
  authenticate(app as unknown as FastifyInstance, { verifier, callers: admitted })
  app.decorate('metrics', registerMetrics(app as unknown as FastifyInstance, service))
  registerHealthRoutes(app as unknown as FastifyInstance, checkReady)
  app.get('/openapi.json', { config: { access: 'PUBLIC' }, schema: { hide: true } }, async () =>
    app.swagger(),
  )
  return app
}

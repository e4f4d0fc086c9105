import type { Server } from 'node:http'
import { type FastifyHttpOptions, LogController } from 'fastify'
import { answerBadAddress, answerBadHttp } from './malformed-request.ts'
import { requestIdOf } from './trace.ts'

const MAX_BODY_BYTES = 1024 * 1024

/** What every server of ours is made with: its log, its patience with slow clients, its answers to what is not HTTP. */
export const serverOptions = (service: string, logLevel: string) =>
  ({
    logger: { level: logLevel, name: service, redact: ['req.headers', 'res.headers'] },
    // One line a request would be most of the work of a feed read; failures and slow answers are logged in onResponse.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: 15_000,
    connectionTimeout: 0,
    keepAliveTimeout: 72_000,
    http: { headersTimeout: 10_000, connectionsCheckingInterval: 2_000 },
    forceCloseConnections: 'idle',
    // What still comes on a connection that is there is served: it is the last, and the answer says so.
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 500 },
    genReqId: requestIdOf,
    frameworkErrors: answerBadAddress,
    clientErrorHandler: answerBadHttp,
  }) satisfies FastifyHttpOptions<Server>

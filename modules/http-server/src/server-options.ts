import type { Server } from 'node:http'
import { type FastifyHttpOptions, LogController } from 'fastify'
import type { Log } from './log.ts'
import { answerBadAddress, answerBadHttp } from './malformed-request.ts'
import { PreparedResponse } from './prepared-headers.ts'
import { RequestLog } from './request-log.ts'
import { requestIdOf } from './trace.ts'

const MAX_BODY_BYTES = 1024 * 1024

/** Options of every server: its log, its time-outs for slow clients, and its answers to malformed HTTP. */
export const serverOptions = (log: Log) =>
  ({
    loggerInstance: log,
    // A line per request would cost more than a feed read. `logSlowAndFailed` logs failures and slow answers.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: 15_000,
    connectionTimeout: 0,
    keepAliveTimeout: 72_000,
    http: {
      headersTimeout: 10_000,
      connectionsCheckingInterval: 2_000,
      ServerResponse: PreparedResponse,
    },
    childLoggerFactory: (parent, bindings, options) => new RequestLog(parent, bindings, options),
    forceCloseConnections: 'idle',
    // Requests that still arrive on an open connection during a shutdown are served, with `connection: close`.
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 500 },
    genReqId: requestIdOf,
    frameworkErrors: answerBadAddress,
    clientErrorHandler: answerBadHttp,
  }) satisfies FastifyHttpOptions<Server>

import { FaultLog, faultCodeOf } from '@dailyfeed/concurrency/fault-log'
import {
  DailyfeedError,
  type ErrorCode,
  ERRORS,
  type FieldProblem,
  ValidationError,
} from '@dailyfeed/contract/errors'
import { RELOGIN_REQUIRED, TOKEN_REFRESH_NEEDED } from '@dailyfeed/contract/headers'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { HttpServer } from './http-server.ts'
import { languageOf } from './language.ts'
import { problemsOf } from './validation.ts'

/** Error codes for requests that Fastify itself refuses, by its status. */
const CODES_BY_STATUS: Record<number, ErrorCode> = {
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  429: 'TOO_MANY_REQUEST',
  503: 'SERVICE_UNAVAILABLE',
}

/** True for a dependency's fault that is expected to pass: the answer is 503, not 500. */
export type IsTransientFault = (error: unknown) => boolean

/** Renders named errors as the failure envelope. An unexpected error is logged in full and answered with a bare 500. */
export function renderErrors(
  app: HttpServer,
  isTransientFault: IsTransientFault = () => false,
): void {
  const faults = new FaultLog()
  app.setErrorHandler((error: FastifyError, request, reply) => {
    if (error instanceof DailyfeedError) return failWith(request, reply, error)
    if (error instanceof ValidationError) return failValidation(request, reply, error.problems)
    if (error.validation !== undefined)
      return failValidation(
        request,
        reply,
        problemsOf(error.validation, error.validationContext ?? 'body'),
      )
    const code = CODES_BY_STATUS[error.statusCode ?? 500]
    // Fastify would close the connection while the body is still being sent, and the answer could be lost. Without the
    // header Node reads the rest and drops it, within the request's time limit.
    if (code === 'PAYLOAD_TOO_LARGE') reply.removeHeader('connection')
    if (code !== undefined)
      return failWith(
        request,
        reply,
        new DailyfeedError(code, code === 'SERVICE_UNAVAILABLE' ? { retryAfterSeconds: 2 } : {}),
      )
    if ((error.statusCode ?? 500) < 500) return failMalformed(request, reply)
    if (isTransientFault(error)) {
      faults.warn(request.log, error, 'dependency unavailable; answered 503')
      return failWith(request, reply, unavailableBy(error))
    }
    request.log.error({ err: error }, 'unexpected error')
    return failWith(request, reply, new DailyfeedError('INTERNAL_ERROR'))
  })
}

/** SQLSTATEs of a database that can only be read: `disk_full` and `read_only_sql_transaction`. */
const REFUSED_WRITES = new Set(['53100', '25006'])

/** Space is made by people, who need longer than a server that restarts. */
const unavailableBy = (error: unknown): DailyfeedError =>
  REFUSED_WRITES.has(faultCodeOf(error))
    ? new DailyfeedError('WRITES_UNAVAILABLE', { retryAfterSeconds: 15, cause: error })
    : new DailyfeedError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 2, cause: error })

/** `fields` are added to the envelope. */
export function failWith(
  request: FastifyRequest,
  reply: FastifyReply,
  error: DailyfeedError,
  fields: object = {},
) {
  const { status, ...messages } = ERRORS[error.code]
  if (status === 401 && error.advice !== undefined)
    reply.header(error.advice === 'REFRESH' ? TOKEN_REFRESH_NEEDED : RELOGIN_REQUIRED, 'true')
  if (error.retryAfterSeconds !== undefined)
    reply.header('retry-after', String(error.retryAfterSeconds))
  return fail(request, reply, status, error.code, messages[languageOf(request.raw)], fields)
}

export const failMalformed = (request: FastifyRequest, reply: FastifyReply) =>
  failValidation(request, reply, [
    { field: 'request', ko: '요청 형식이 올바르지 않습니다.', en: 'The request is malformed.' },
  ])

function failValidation(
  request: FastifyRequest,
  reply: FastifyReply,
  problems: readonly FieldProblem[],
) {
  const language = languageOf(request.raw)
  const errors = problems.map((problem) => ({ field: problem.field, message: problem[language] }))
  return fail(
    request,
    reply,
    400,
    'VALIDATION_FAILED',
    errors.map(({ message }) => message).join(', '),
    { errors },
  )
}

function fail(
  request: FastifyRequest,
  reply: FastifyReply,
  statusCode: number,
  code: ErrorCode,
  message: string,
  fields: object,
) {
  const path = request.originalUrl.split('?', 1)[0]
  // A failure is serialised here: the route's response schema describes successes only.
  return reply
    .code(statusCode)
    .type('application/json; charset=utf-8')
    .serializer((body) => JSON.stringify(body))
    .send({
      statusCode,
      resultCode: 'FAIL',
      code,
      message,
      path,
      traceId: request.traceId,
      ...fields,
    })
}

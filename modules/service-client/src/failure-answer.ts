import { RELOGIN_REQUIRED, TOKEN_REFRESH_NEEDED } from '@dailyfeed/contract/headers'
import type { ServiceName } from '@dailyfeed/contract/services'
import {
  RateLimitedError,
  ServiceDependencyError,
  ServiceRefusedError,
  UnauthorizedError,
} from './service-errors.ts'
import type { InboundAnswer, Transport } from './transport.ts'

/** Codes by which a service says no more than that it failed. Every other code names a condition that it has recognised. */
const OWN_FAILURES = new Set(['SERVICE_UNAVAILABLE', 'INTERNAL_ERROR'])

/** The named error of an answer with status 400 or above. */
export async function failureOf(
  service: ServiceName,
  path: string,
  answer: InboundAnswer,
  transport: Transport,
): Promise<Error> {
  const { statusCode: status, headers } = answer
  const code = codeOf(await transport.readText(answer))
  const facts = { status, code, retryAfterSeconds: secondsOf(headers['retry-after']) }
  if (status === 429)
    return new RateLimitedError(
      service,
      `${service} accepts no more calls (429)`,
      facts.retryAfterSeconds,
    )
  if (status < 500) {
    const message = `${service} refused ${path} with ${status}`
    return status === 401
      ? new UnauthorizedError(service, message, facts, {
          isTokenRefreshNeeded: headers[TOKEN_REFRESH_NEEDED] === 'true',
          isReloginRequired: headers[RELOGIN_REQUIRED] === 'true',
        })
      : new ServiceRefusedError(service, message, facts)
  }
  return code === undefined || OWN_FAILURES.has(code)
    ? transport.unavailable(`answered ${status}`, facts)
    : new ServiceDependencyError(service, `${service} answered ${status} ${code}`, facts)
}

/** Seconds of a Retry-After. The date form is ignored: it would compare two clocks. */
function secondsOf(header: string | string[] | undefined): number | undefined {
  return typeof header === 'string' && /^\d{1,6}$/.test(header) ? Number(header) : undefined
}

/** The error code of a failure envelope; undefined for any other text. */
function codeOf(text: string): string | undefined {
  try {
    const code = (JSON.parse(text) as { code?: unknown } | null)?.code
    return typeof code === 'string' ? code : undefined
  } catch {
    return undefined
  }
}

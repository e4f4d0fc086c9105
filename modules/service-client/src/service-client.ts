import { INTERNAL_TOKEN } from '@dailyfeed/contract/headers'
import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  circuitBreaker,
  ConsecutiveBreaker,
  handleType,
} from 'cockatiel'
import { Agent, request } from 'undici'
import {
  CircuitOpenError,
  ServiceRefusedError,
  ServiceTimeoutError,
  ServiceUnavailableError,
} from './service-errors.ts'

interface ServiceClientOptions {
  /** Named in errors and in the breaker's state. */
  service: string
  baseUrl: string
  /** The caller's own `INTERNAL_TOKEN`. */
  internalToken: string
  connectTimeoutMilliseconds?: number
  readTimeoutMilliseconds?: number
  /** How long an open breaker waits before it tries one call. */
  breakerOpenMilliseconds?: number
}

export interface ServiceClient {
  /**
   * Posts JSON and returns the answer's body. Only transports: it throws ServiceUnavailableError, ServiceTimeoutError,
   * CircuitOpenError or ServiceRefusedError, and the caller decides what that means.
   */
  post<Answer>(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>
  /** The same for a body that is JSON text already. */
  postJson<Answer>(path: string, json: string, headers?: Record<string, string>): Promise<Answer>
  close(): Promise<void>
}

/** Failures in a row after which the callee is left in peace for a while. */
const BREAKER_FAILURES = 5

export function createServiceClient(options: ServiceClientOptions): ServiceClient {
  const {
    service,
    baseUrl,
    internalToken,
    connectTimeoutMilliseconds = 5_000,
    readTimeoutMilliseconds = 10_000,
    breakerOpenMilliseconds = 2_000,
  } = options
  const agent = new Agent({
    connect: { timeout: connectTimeoutMilliseconds },
    headersTimeout: readTimeoutMilliseconds,
    bodyTimeout: readTimeoutMilliseconds,
    connections: 8,
  })
  const breaker: CircuitBreakerPolicy = circuitBreaker(
    handleType(ServiceUnavailableError).orType(ServiceTimeoutError),
    {
      halfOpenAfter: breakerOpenMilliseconds,
      breaker: new ConsecutiveBreaker(BREAKER_FAILURES),
    },
  )

  async function send<Answer>(
    path: string,
    json: string,
    headers: Record<string, string>,
  ): Promise<Answer> {
    let status: number
    let text: string
    try {
      const answer = await request(`${baseUrl}${path}`, {
        method: 'POST',
        dispatcher: agent,
        headers: {
          'content-type': 'application/json',
          [INTERNAL_TOKEN]: internalToken,
          ...headers,
        },
        body: json,
      })
      status = answer.statusCode
      text = await answer.body.text()
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? ''
      if (code.endsWith('TIMEOUT'))
        throw new ServiceTimeoutError(`${service} did not answer in time`, { cause: error })
      throw new ServiceUnavailableError(`${service} cannot be reached`, { cause: error })
    }
    if (status >= 500 || status === 429)
      throw new ServiceUnavailableError(`${service} answered ${status}`)
    const answer = parseOrThrow(service, text)
    if (status >= 400)
      throw new ServiceRefusedError(
        `${service} refused ${path} with ${status}`,
        status,
        (answer as { code?: string }).code,
      )
    return answer as Answer
  }

  async function postJson<Answer>(
    path: string,
    json: string,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    try {
      return await breaker.execute(() => send<Answer>(path, json, headers))
    } catch (error) {
      if (error instanceof BrokenCircuitError)
        throw new CircuitOpenError(`${service} failed too often and is being left in peace`, {
          cause: error,
        })
      throw error
    }
  }

  return {
    post: (path, body, headers) => postJson(path, JSON.stringify(body), headers),
    postJson,
    close: () => agent.close(),
  }
}

function parseOrThrow(service: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new ServiceUnavailableError(`${service} answered something that is not JSON`, {
      cause: error,
    })
  }
}

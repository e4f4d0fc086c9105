import type { Readable } from 'node:stream'
import { INTERNAL_TOKEN } from '@dailyfeed/contract/headers'
import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  circuitBreaker,
  ConsecutiveBreaker,
  handleWhen,
} from 'cockatiel'
import { Agent, type Dispatcher, request } from 'undici'
import {
  CircuitOpenError,
  ServiceRefusedError,
  ServiceTimeoutError,
  ServiceUnavailableError,
} from './service-errors.ts'

interface ServiceClientOptions {
  /** Named in errors. */
  service: string
  baseUrl: string
  /** The caller's own `INTERNAL_TOKEN`. */
  internalToken: string
  connectTimeoutMilliseconds?: number
  /** Longest wait for an answer's headers, and between two parts of its body. */
  readTimeoutMilliseconds?: number
  /** How long an open circuit refuses calls before it lets one through. */
  cooldownMilliseconds?: number
}

export interface CallOptions {
  headers?: Record<string, string>
  /** In place of the client's own. */
  readTimeoutMilliseconds?: number
  signal?: AbortSignal
}

/**
 * Calls one service. It only transports: every call throws ServiceUnavailableError, ServiceTimeoutError, CircuitOpenError
 * or ServiceRefusedError, and the caller decides what that means.
 */
export interface ServiceClient {
  /** Posts `body` as JSON; returns the parsed JSON of the answer. */
  post<Answer>(path: string, body: unknown, options?: CallOptions): Promise<Answer>
  /** Posts a body that is JSON text already. */
  postJson<Answer>(path: string, json: string, options?: CallOptions): Promise<Answer>
  /** Posts `body` as JSON; returns the answer's body while it is still being sent. Errors after that end the stream. */
  postForStream(path: string, body: unknown, options?: CallOptions): Promise<Readable>
  close(): Promise<void>
}

/** Consecutive failures that open the circuit. */
const FAILURES_TO_OPEN = 5
const MAX_CONNECTIONS = 8

export function createServiceClient({
  service,
  baseUrl,
  internalToken,
  connectTimeoutMilliseconds = 5_000,
  readTimeoutMilliseconds = 10_000,
  cooldownMilliseconds = 2_000,
}: ServiceClientOptions): ServiceClient {
  const agent = new Agent({
    connect: { timeout: connectTimeoutMilliseconds },
    headersTimeout: readTimeoutMilliseconds,
    bodyTimeout: readTimeoutMilliseconds,
    connections: MAX_CONNECTIONS,
  })
  const circuit: CircuitBreakerPolicy = circuitBreaker(handleWhen(isFailureOfCallee), {
    halfOpenAfter: cooldownMilliseconds,
    breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN),
  })

  function send(path: string, json: string, options: CallOptions) {
    const { headers, readTimeoutMilliseconds: readTimeout, signal } = options
    return request(`${baseUrl}${path}`, {
      method: 'POST',
      dispatcher: agent,
      headers: { 'content-type': 'application/json', [INTERNAL_TOKEN]: internalToken, ...headers },
      body: json,
      ...(readTimeout === undefined
        ? {}
        : { headersTimeout: readTimeout, bodyTimeout: readTimeout }),
      ...(signal === undefined ? {} : { signal }),
    })
  }

  const call = <Answer>(
    path: string,
    json: string,
    options: CallOptions,
    read: (answer: Dispatcher.ResponseData) => Promise<Answer>,
  ): Promise<Answer> =>
    throughCircuit(async () => {
      const answer = await send(path, json, options).catch(throwNamedFor(service))
      if (answer.statusCode >= 400) throw await failureOf(service, path, answer)
      return read(answer)
    })

  async function readJson<Answer>({ body }: Dispatcher.ResponseData): Promise<Answer> {
    const text = await body.text().catch(throwNamedFor(service))
    try {
      return JSON.parse(text)
    } catch (cause) {
      throw new ServiceUnavailableError(`${service} answered with invalid JSON`, { cause })
    }
  }

  async function throughCircuit<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    try {
      return await circuit.execute(work)
    } catch (error) {
      if (!(error instanceof BrokenCircuitError)) throw error
      throw new CircuitOpenError(
        `circuit open for ${service} after ${FAILURES_TO_OPEN} consecutive failures; next call in at most ${cooldownMilliseconds / 1_000} s`,
        { cause: error },
      )
    }
  }

  return {
    post: <Answer>(path: string, body: unknown, options: CallOptions = {}) =>
      call<Answer>(path, JSON.stringify(body), options, readJson),
    postJson: <Answer>(path: string, json: string, options: CallOptions = {}) =>
      call<Answer>(path, json, options, readJson),
    postForStream: (path, body, options = {}) =>
      call(path, JSON.stringify(body), options, async (answer) => answer.body),
    close: () => agent.close(),
  }
}

const throwNamedFor =
  (service: string) =>
  (error: unknown): never => {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (code.endsWith('TIMEOUT'))
      throw new ServiceTimeoutError(`${service} did not answer in time`, { cause: error })
    throw new ServiceUnavailableError(`${service} cannot be reached`, { cause: error })
  }

async function failureOf(
  service: string,
  path: string,
  { statusCode, body }: Dispatcher.ResponseData,
): Promise<Error> {
  const code = codeOf(await body.text().catch(throwNamedFor(service)))
  return statusCode >= 500 || statusCode === 429
    ? new ServiceUnavailableError(`${service} answered ${statusCode}`, { code })
    : new ServiceRefusedError(`${service} refused ${path} with ${statusCode}`, statusCode, code)
}

/** A callee that answers KAFKA_NETWORK_ERROR is well; its brokers cannot be reached. That must not open its circuit. */
const isFailureOfCallee = (error: unknown): boolean =>
  error instanceof ServiceTimeoutError ||
  (error instanceof ServiceUnavailableError && error.code !== 'KAFKA_NETWORK_ERROR')

/** The error code of a failure envelope; undefined for any other text. */
function codeOf(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { code?: string } | null)?.code
  } catch {
    return undefined
  }
}

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
import { MAX_IDLE_MILLISECONDS } from './idle-connections.ts'
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

export const createServiceClient = (options: ServiceClientOptions): ServiceClient =>
  new HttpServiceClient(options)

class HttpServiceClient implements ServiceClient {
  readonly #service: string
  readonly #baseUrl: string
  readonly #internalToken: string
  readonly #cooldownMilliseconds: number
  readonly #agent: Agent
  readonly #circuit: CircuitBreakerPolicy

  constructor({
    service,
    baseUrl,
    internalToken,
    connectTimeoutMilliseconds = 5_000,
    readTimeoutMilliseconds = 10_000,
    cooldownMilliseconds = 2_000,
  }: ServiceClientOptions) {
    this.#service = service
    this.#baseUrl = baseUrl
    this.#internalToken = internalToken
    this.#cooldownMilliseconds = cooldownMilliseconds
    this.#agent = new Agent({
      connect: { timeout: connectTimeoutMilliseconds },
      headersTimeout: readTimeoutMilliseconds,
      bodyTimeout: readTimeoutMilliseconds,
      connections: MAX_CONNECTIONS,
      keepAliveTimeout: MAX_IDLE_MILLISECONDS,
      keepAliveMaxTimeout: MAX_IDLE_MILLISECONDS,
    })
    this.#circuit = circuitBreaker(handleWhen(isFailureOfCallee), {
      halfOpenAfter: cooldownMilliseconds,
      breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN),
    })
  }

  post<Answer>(path: string, body: unknown, options: CallOptions = {}): Promise<Answer> {
    return this.postJson(path, JSON.stringify(body), options)
  }

  postJson<Answer>(path: string, json: string, options: CallOptions = {}): Promise<Answer> {
    return this.#call(path, json, options, (answer) => this.#readJson<Answer>(answer))
  }

  postForStream(path: string, body: unknown, options: CallOptions = {}): Promise<Readable> {
    return this.#call(path, JSON.stringify(body), options, async (answer) => answer.body)
  }

  close(): Promise<void> {
    return this.#agent.close()
  }

  async #call<Answer>(
    path: string,
    json: string,
    options: CallOptions,
    read: (answer: Dispatcher.ResponseData) => Promise<Answer>,
  ): Promise<Answer> {
    try {
      return await this.#circuit.execute(async () => {
        const answer = await this.#send(path, json, options)
        if (answer.statusCode >= 400) throw await this.#failureOf(path, answer)
        return read(answer)
      })
    } catch (cause) {
      if (!(cause instanceof BrokenCircuitError)) throw cause
      throw new CircuitOpenError(
        `circuit open for ${this.#service} after ${FAILURES_TO_OPEN} consecutive failures; next call in at most ${this.#cooldownMilliseconds / 1_000} s`,
        { cause },
      )
    }
  }

  async #send(path: string, json: string, options: CallOptions): Promise<Dispatcher.ResponseData> {
    const { headers, readTimeoutMilliseconds: timeout, signal } = options
    try {
      return await request(`${this.#baseUrl}${path}`, {
        method: 'POST',
        dispatcher: this.#agent,
        headers: {
          'content-type': 'application/json',
          [INTERNAL_TOKEN]: this.#internalToken,
          ...headers,
        },
        body: json,
        ...(timeout === undefined ? {} : { headersTimeout: timeout, bodyTimeout: timeout }),
        ...(signal === undefined ? {} : { signal }),
      })
    } catch (error) {
      throw this.#named(error)
    }
  }

  async #readText({ body }: Dispatcher.ResponseData): Promise<string> {
    try {
      return await body.text()
    } catch (error) {
      throw this.#named(error)
    }
  }

  async #readJson<Answer>(answer: Dispatcher.ResponseData): Promise<Answer> {
    const text = await this.#readText(answer)
    try {
      return JSON.parse(text)
    } catch (cause) {
      throw new ServiceUnavailableError(`${this.#service} answered with invalid JSON`, { cause })
    }
  }

  async #failureOf(path: string, answer: Dispatcher.ResponseData): Promise<Error> {
    const status = answer.statusCode
    const code = codeOf(await this.#readText(answer))
    return status >= 500 || status === 429
      ? new ServiceUnavailableError(`${this.#service} answered ${status}`, { code })
      : new ServiceRefusedError(`${this.#service} refused ${path} with ${status}`, status, code)
  }

  #named(cause: unknown): Error {
    const code = (cause as NodeJS.ErrnoException).code ?? ''
    return code.endsWith('TIMEOUT')
      ? new ServiceTimeoutError(`${this.#service} did not answer in time`, { cause })
      : new ServiceUnavailableError(`${this.#service} cannot be reached`, { cause })
  }
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

import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { currentDeadline } from '@dailyfeed/concurrency/request-deadline'
import { DEADLINE, IDEMPOTENCY_KEY } from '@dailyfeed/contract/headers'
import type { ServiceName } from '@dailyfeed/contract/services'
import {
  type CallRules,
  type CircuitRule,
  defaultRulesOf,
  RETRY_BUDGET_PERCENT,
} from './call-classes.ts'
import { CallFigures } from './call-figures.ts'
import { CallGuard, type CallLog } from './call-guard.ts'
import { outcomeOf } from './call-outcome.ts'
import type { CircuitStatus } from './circuit.ts'
import { failureOf } from './failure-answer.ts'
import { withRetries } from './retry.ts'
import { RetryBudget } from './retry-budget.ts'
import { ServiceTimeoutError } from './service-errors.ts'
import { SharedReads } from './shared-reads.ts'
import { type InboundAnswer, type OutboundRequest, Transport } from './transport.ts'

export interface ServiceClientOptions {
  service: ServiceName
  baseUrl: string
  /** The caller's own `INTERNAL_TOKEN`; undefined for routes that ask for none. */
  internalToken?: string | undefined
  /** Distinguishes several clients of one service in metrics: `calls`, `jobs`, `relay`, `keys`. */
  purpose?: string
  /** Default: those of the service's class. */
  rules?: CallRules
  retryBudgetPercent?: number
  /** How the service is probed while the circuit is open; without it only time closes the circuit. */
  probes?: { rule: CircuitRule; everyMilliseconds: number } | undefined
  log?: CallLog | undefined
}

export interface CallOptions {
  headers?: Record<string, string>
  /** In place of the client's own. Such a call may be long by its nature, and never counts as slow. */
  readTimeoutMilliseconds?: number
  /** Sent as `Idempotency-Key`: the callee does once what the call asks, so that the call may be repeated. */
  idempotencyKey?: string
  signal?: AbortSignal
}

/** A read that others may share is not aborted by one of them. */
type ReadOptions = Omit<CallOptions, 'signal' | 'idempotencyKey'>

/**
 * Calls one service. It only transports: every failure is a ServiceCallError, and the caller decides what that means.
 * Calls end with the deadline of the request for which they are made, and pass it on.
 */
export interface ServiceClient {
  readonly service: ServiceName
  readonly purpose: string
  readonly figures: CallFigures
  readonly circuitStatus: CircuitStatus
  readonly inProgress: number
  readonly queued: number
  /** Reads JSON. Identical reads in flight share one call, and its answer, which must not be changed. */
  get<Answer>(path: string, options?: ReadOptions): Promise<Answer>
  /** Posts `body` as JSON; returns the parsed JSON of the answer. */
  post<Answer>(path: string, body: unknown, options?: CallOptions): Promise<Answer>
  /** Posts a body that is JSON text already. */
  postJson<Answer>(path: string, json: string, options?: CallOptions): Promise<Answer>
  /** Posts `body` as JSON; returns the answer's body while it is still being sent. Errors after that end the stream. */
  postForStream(path: string, body: unknown, options?: CallOptions): Promise<Readable>
  close(): Promise<void>
}

export const createServiceClient = (options: ServiceClientOptions): ServiceClient =>
  new HttpServiceClient(options)

const READINESS_PATH = '/healthz/ready'
/** Headers that differ between identical reads. */
const TRACE_HEADERS = new Set(['traceparent', 'x-request-id'])

const isIdempotent = ({ method, headers }: OutboundRequest) =>
  method === 'GET' || headers[IDEMPOTENCY_KEY] !== undefined

class HttpServiceClient implements ServiceClient {
  readonly service: ServiceName
  readonly purpose: string
  readonly figures = new CallFigures()
  readonly #rules: CallRules
  readonly #transport: Transport
  readonly #guard: CallGuard
  readonly #budget: RetryBudget
  readonly #reads: SharedReads

  constructor(options: ServiceClientOptions) {
    const { service, purpose = 'calls', rules = defaultRulesOf(service), probes, log } = options
    this.service = service
    this.purpose = purpose
    this.#rules = rules
    this.#transport = new Transport({
      ...options,
      connectMilliseconds: rules.connectMilliseconds,
      // One more than the calls in progress, for the probe.
      connections: rules.bulkhead.concurrent + 1,
    })
    this.#guard = new CallGuard({
      service,
      purpose,
      rules,
      figures: this.figures,
      probes,
      probeOrThrow: (milliseconds) => this.#probeOrThrow(milliseconds),
      log,
    })
    this.#budget = new RetryBudget(options.retryBudgetPercent ?? RETRY_BUDGET_PERCENT)
    this.#reads = new SharedReads({
      onShared: () => {
        this.figures.sharedReads += 1
      },
      onLate: () => this.#late(),
    })
  }

  get circuitStatus(): CircuitStatus {
    return this.#guard.circuitStatus
  }

  get inProgress(): number {
    return this.#guard.bulkhead.inProgress
  }

  get queued(): number {
    return this.#guard.bulkhead.queued
  }

  get<Answer>(path: string, options: ReadOptions = {}): Promise<Answer> {
    const { headers = {} } = options
    const own = Object.entries(headers).filter(([name]) => !TRACE_HEADERS.has(name))
    return this.#reads.read(JSON.stringify([path, own]), (signal) =>
      this.#call<Answer>({ method: 'GET', path, headers }, { ...options, signal }),
    )
  }

  post<Answer>(path: string, body: unknown, options: CallOptions = {}): Promise<Answer> {
    return this.postJson(path, JSON.stringify(body), options)
  }

  postJson<Answer>(path: string, json: string, options: CallOptions = {}): Promise<Answer> {
    return this.#call(postOf(path, json, options), options)
  }

  postForStream(path: string, body: unknown, options: CallOptions = {}): Promise<Readable> {
    return this.#counted(() => this.#stream(postOf(path, JSON.stringify(body), options), options))
  }

  close(): Promise<void> {
    this.#guard.close()
    return this.#transport.close()
  }

  #call<Answer>(request: OutboundRequest, options: CallOptions): Promise<Answer> {
    const deadline = currentDeadline()
    const remaining = () => deadline?.remaining ?? Number.POSITIVE_INFINITY
    return this.#counted(() =>
      withRetries(() => this.#attempt<Answer>(request, options, remaining), {
        rule: isIdempotent(request) ? this.#rules.retry : { attempts: 1, waitMilliseconds: 0 },
        budget: this.#budget,
        remaining,
        signal: options.signal,
        onRetry: () => {
          this.figures.retries += 1
        },
        onWithheld: () => {
          this.figures.withheldRetries += 1
        },
      }),
    )
  }

  async #attempt<Answer>(
    request: OutboundRequest,
    { readTimeoutMilliseconds, signal }: CallOptions,
    remaining: () => number,
  ): Promise<Answer> {
    if (remaining() < 1) throw this.#late()
    return this.#guard.admit(remaining(), async () => {
      const allowed = readTimeoutMilliseconds ?? this.#rules.readMilliseconds
      const limit = Math.min(allowed, remaining())
      if (limit < 1) throw this.#late()
      const headers = this.#rules.sendsDeadline
        ? { ...request.headers, [DEADLINE]: String(Math.floor(limit)) }
        : request.headers
      const read = (answer: InboundAnswer) => this.#readJsonOrThrow<Answer>(request.path, answer)
      return this.#guard.judge(
        { canBeSlow: readTimeoutMilliseconds === undefined, isCutShort: limit < allowed / 2 },
        () => this.#transport.exchange({ ...request, headers }, read, limit, signal),
      )
    })
  }

  /** The place in the bulkhead is held until the stream ends, since its connection is. */
  #stream(
    request: OutboundRequest,
    { readTimeoutMilliseconds = this.#rules.readMilliseconds, signal }: CallOptions,
  ): Promise<Readable> {
    const { promise, resolve, reject } = Promise.withResolvers<Readable>()
    this.#guard
      .admit(Number.POSITIVE_INFINITY, async () => {
        const { body } = await this.#guard.judge({ canBeSlow: false, isCutShort: false }, () =>
          this.#openOrThrow(request, readTimeoutMilliseconds, signal),
        )
        resolve(body)
        await finished(body).catch(() => {})
      })
      .catch(reject)
    return promise
  }

  async #openOrThrow(
    request: OutboundRequest,
    milliseconds: number,
    signal: AbortSignal | undefined,
  ): Promise<InboundAnswer> {
    const answer = await this.#transport.open(request, milliseconds, signal)
    if (answer.statusCode < 400) return answer
    throw await failureOf(this.service, request.path, answer, this.#transport)
  }

  async #readJsonOrThrow<Answer>(path: string, answer: InboundAnswer): Promise<Answer> {
    if (answer.statusCode >= 400) throw await failureOf(this.service, path, answer, this.#transport)
    const text = await this.#transport.readText(answer)
    try {
      return JSON.parse(text)
    } catch (cause) {
      throw this.#transport.unavailable('answered with invalid JSON', {
        status: answer.statusCode,
        cause,
      })
    }
  }

  async #probeOrThrow(milliseconds: number): Promise<void> {
    const request: OutboundRequest = { method: 'GET', path: READINESS_PATH, headers: {} }
    await this.#transport.exchange(
      request,
      (answer) => this.#readJsonOrThrow(READINESS_PATH, answer),
      milliseconds,
      undefined,
    )
  }

  async #counted<Value>(work: () => Promise<Value>): Promise<Value> {
    this.#budget.recordCall()
    try {
      const value = await work()
      this.figures.recordOutcome('OK')
      return value
    } catch (error) {
      this.figures.recordOutcome(outcomeOf(error))
      throw error
    }
  }

  #late(): ServiceTimeoutError {
    const { service } = this
    return new ServiceTimeoutError(
      service,
      `the time of the request was over before ${service} answered`,
    )
  }
}

const postOf = (
  path: string,
  json: string,
  { headers, idempotencyKey }: CallOptions,
): OutboundRequest => ({
  method: 'POST',
  path,
  json,
  headers: {
    'content-type': 'application/json',
    ...(idempotencyKey === undefined ? {} : { [IDEMPOTENCY_KEY]: idempotencyKey }),
    ...headers,
  },
})

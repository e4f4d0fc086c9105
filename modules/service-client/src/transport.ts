import { INTERNAL_TOKEN } from '@dailyfeed/contract/headers'
import type { ServiceName } from '@dailyfeed/contract/services'
import { Agent, type Dispatcher, request } from 'undici'
import { MAX_IDLE_MILLISECONDS } from './idle-connections.ts'
import {
  CallAbortedError,
  ServiceTimeoutError,
  type ServiceUnavailableError,
  type UnavailableFacts,
  unavailableErrorOf,
} from './service-errors.ts'

export interface OutboundRequest {
  method: 'GET' | 'POST'
  path: string
  headers: Record<string, string>
  /** JSON text. */
  json?: string
}

export type InboundAnswer = Dispatcher.ResponseData

interface TransportOptions {
  service: ServiceName
  baseUrl: string
  /** Undefined for routes that ask for no credential. */
  internalToken?: string | undefined
  connectMilliseconds: number
  connections: number
}

/** Larger than any answer of an internal route; the rest of a larger one is not read. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024

/** Sends requests to one service over a bounded number of connections, and names what goes wrong on the way. */
export class Transport {
  readonly #options: TransportOptions
  readonly #agent: Agent
  #closing: Promise<void> | undefined

  constructor(options: TransportOptions) {
    this.#options = options
    this.#agent = new Agent({
      connect: { timeout: options.connectMilliseconds },
      connections: options.connections,
      keepAliveTimeout: MAX_IDLE_MILLISECONDS,
      keepAliveMaxTimeout: MAX_IDLE_MILLISECONDS,
    })
  }

  /** Sends a request and reads its answer with `read`; all of it within `milliseconds`. */
  async exchange<Value>(
    outbound: OutboundRequest,
    read: (answer: InboundAnswer) => Promise<Value>,
    milliseconds: number,
    signal: AbortSignal | undefined,
  ): Promise<Value> {
    const ending = new AbortController()
    const timer = setTimeout(() => ending.abort(this.#timeout(milliseconds)), milliseconds)
    const abort = () => ending.abort(this.#aborted())
    signal?.addEventListener('abort', abort, { once: true })
    try {
      if (signal?.aborted) abort()
      // The timer bounds the whole exchange; undici's own limits would end a job after five minutes.
      const limits = { signal: ending.signal, headersTimeout: 0, bodyTimeout: 0 }
      const answer = await this.#send(outbound, limits)
      return await read(answer)
    } catch (error) {
      throw ending.signal.aborted ? ending.signal.reason : error
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
  }

  /** Sends a request and returns when the answer begins. `milliseconds` bound the wait for that, and for each part of it. */
  open(
    outbound: OutboundRequest,
    milliseconds: number,
    signal: AbortSignal | undefined,
  ): Promise<InboundAnswer> {
    return this.#send(outbound, {
      headersTimeout: milliseconds,
      bodyTimeout: milliseconds,
      ...(signal === undefined ? {} : { signal }),
    })
  }

  /** Throws a ServiceUnavailableError for a body that is too large, or ends too early. */
  async readText({ body }: InboundAnswer): Promise<string> {
    const parts: Buffer[] = []
    let bytes = 0
    try {
      for await (const part of body as AsyncIterable<Buffer>) {
        bytes += part.length
        if (bytes > MAX_ANSWER_BYTES) throw this.unavailable('sent an answer that is too large')
        parts.push(part)
      }
    } catch (error) {
      throw this.#named(error)
    }
    return Buffer.concat(parts).toString('utf8')
  }

  unavailable(whatItDid: string, facts: UnavailableFacts = {}): ServiceUnavailableError {
    const { service } = this.#options
    return new (unavailableErrorOf(service))(service, `${service} ${whatItDid}`, facts)
  }

  close(): Promise<void> {
    this.#closing ??= this.#agent.close()
    return this.#closing
  }

  async #send(
    { method, path, headers, json }: OutboundRequest,
    limits: Pick<Dispatcher.RequestOptions, 'signal' | 'headersTimeout' | 'bodyTimeout'>,
  ): Promise<InboundAnswer> {
    const { baseUrl, internalToken } = this.#options
    try {
      return await request(`${baseUrl}${path}`, {
        method,
        dispatcher: this.#agent,
        headers:
          internalToken === undefined ? headers : { [INTERNAL_TOKEN]: internalToken, ...headers },
        ...(json === undefined ? {} : { body: json }),
        ...limits,
      })
    } catch (error) {
      throw this.#named(error)
    }
  }

  #named(cause: unknown): unknown {
    if (!(cause instanceof Error)) return cause
    if ('service' in cause) return cause
    const code = 'code' in cause ? String(cause.code) : ''
    if (code.endsWith('TIMEOUT')) return this.#timeout(undefined, cause)
    if (cause.name === 'AbortError' || code === 'UND_ERR_ABORTED') return this.#aborted(cause)
    return this.unavailable('cannot be reached', { isConnectionFault: true, cause })
  }

  #timeout(milliseconds: number | undefined, cause?: unknown): ServiceTimeoutError {
    const { service } = this.#options
    const within = milliseconds === undefined ? 'in time' : `within ${Math.round(milliseconds)} ms`
    return new ServiceTimeoutError(service, `${service} did not answer ${within}`, { cause })
  }

  #aborted(cause?: unknown): CallAbortedError {
    const { service } = this.#options
    return new CallAbortedError(service, `the call of ${service} was given up`, { cause })
  }
}

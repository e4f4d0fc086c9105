import { openUpstreamPool, type UpstreamPool } from '@dailyfeed/service-client/upstream-pool'
import { SocketExchange } from './socket-exchange.ts'
import type { StreamingResponses } from './streaming-responses.ts'
import type { ForwardedRequest, Upstream, UpstreamAnswer } from './upstream.ts'

interface SocketUpstreamOptions {
  baseUrl: string
  /** Connections for requests that end. No more of them may be forwarded at once. */
  connections: number
  /** Connections of a pool of its own for streams; 0 where the upstream has none. */
  streams: number
  connectTimeoutMilliseconds: number
  readTimeoutMilliseconds: number
  streamingResponses: StreamingResponses
}

/** Connections for `get`, so that readiness can be asked while every other one is in use. */
const OWN_CONNECTIONS = 2

/** An upstream in another process. Connections are opened with the first requests. */
export class SocketUpstream implements Upstream {
  readonly #requests: UpstreamPool
  readonly #streams: UpstreamPool | undefined
  readonly #streamingResponses: StreamingResponses

  constructor(options: SocketUpstreamOptions) {
    const { baseUrl, connections, streams, streamingResponses, ...timeouts } = options
    this.#streamingResponses = streamingResponses
    this.#requests = openUpstreamPool(baseUrl, {
      connections: connections + OWN_CONNECTIONS,
      ...timeouts,
    })
    this.#streams =
      streams === 0 ? undefined : openUpstreamPool(baseUrl, { connections: streams, ...timeouts })
  }

  forward(forwarded: ForwardedRequest): void {
    const pool = (forwarded.isStream ? this.#streams : undefined) ?? this.#requests
    new SocketExchange(forwarded, pool, this.#streamingResponses).start()
  }

  async get(path: string, timeoutMilliseconds: number): Promise<UpstreamAnswer> {
    const { statusCode, body } = await this.#requests.request({
      method: 'GET',
      path,
      headersTimeout: timeoutMilliseconds,
      bodyTimeout: timeoutMilliseconds,
    })
    return { status: statusCode, body: await body.text() }
  }

  async close(): Promise<void> {
    await Promise.all([this.#requests.close(), this.#streams?.close()])
  }
}

import { InProcessExchange } from './in-process-exchange.ts'
import type { RequestHandler } from './request-handler.ts'
import type { StreamingResponses } from './streaming-responses.ts'
import type { ForwardedRequest, Upstream, UpstreamAnswer } from './upstream.ts'

interface InProcessUpstreamOptions {
  handler: RequestHandler
  /** The `Host` that the service gets, as over a socket. */
  host: string
  readTimeoutMilliseconds: number
  streamingResponses: StreamingResponses
}

/**
 * A service in this process. It gets the request, with the headers of the gateway, and the response
 * to the client itself, so that nothing is written, parsed or copied in between
 * (docs/decisions/0048-services-in-the-process-of-the-gateway.md).
 */
export class InProcessUpstream implements Upstream {
  readonly #options: InProcessUpstreamOptions

  constructor(options: InProcessUpstreamOptions) {
    this.#options = options
  }

  forward(forwarded: ForwardedRequest): void {
    const { handler, host, readTimeoutMilliseconds, streamingResponses } = this.#options
    forwarded.headers.host = host
    if (forwarded.isStream) streamingResponses.add(forwarded.reply.raw)
    new InProcessExchange(forwarded, readTimeoutMilliseconds).start(handler)
  }

  async get(path: string, timeoutMilliseconds: number): Promise<UpstreamAnswer> {
    const signal = AbortSignal.timeout(timeoutMilliseconds)
    const { statusCode, body } = await this.#options.handler.inject({
      method: 'GET',
      url: path,
      signal,
    })
    return { status: statusCode, body }
  }

  async close(): Promise<void> {
    // The process that started the service closes it.
  }
}

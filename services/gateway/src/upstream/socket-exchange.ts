import type { IncomingHttpHeaders } from 'node:http'
import { PassThrough, type Readable } from 'node:stream'
import { failMalformed, failWith } from '@dailyfeed/http-server/error-handler'
import type {
  UpstreamControl,
  UpstreamHandler,
  UpstreamPool,
} from '@dailyfeed/service-client/upstream-pool'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { responseHeadersOf } from './response-headers.ts'
import type { StreamingResponses } from './streaming-responses.ts'
import { dropRestOf } from './unfinished-body.ts'
import type { ForwardedRequest } from './upstream.ts'

/** Long enough for a process that is being replaced, too short to be noticed. */
const RETRY_MILLISECONDS = 50
/** A restarted service closes many connections at once: the next one of the pool may be closed, too. */
const RETRIES = 3
/** Error codes of an upstream that was not reached, or that closed a kept connection before it answered. */
const NOT_CONNECTED = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])

/**
 * Forwards a request and its answer byte for byte, without parsing either. It writes to the socket
 * itself: streams of Fastify and undici in between would cost more than the rest of the request
 * (docs/decisions/0028).
 */
export class SocketExchange implements UpstreamHandler {
  readonly #forwarded: ForwardedRequest
  readonly #request: FastifyRequest
  readonly #reply: FastifyReply
  readonly #pool: UpstreamPool
  readonly #streams: StreamingResponses
  #control: UpstreamControl | undefined
  #hasClientDisconnected = false
  #hasUpstreamEnded = false
  /** Bytes of the answer still to come; NaN without a Content-Length. */
  #left = Number.NaN
  #retriesLeft: number

  constructor(forwarded: ForwardedRequest, pool: UpstreamPool, streams: StreamingResponses) {
    this.#forwarded = forwarded
    this.#request = forwarded.request
    this.#reply = forwarded.reply
    this.#pool = pool
    this.#streams = streams
    this.#retriesLeft = isSafe(forwarded.request.method) ? RETRIES : 0
  }

  start(): void {
    this.#reply.raw.once('close', () => {
      if (this.#hasUpstreamEnded) return
      this.#hasClientDisconnected = true
      this.#control?.abort(new Error('the client has disconnected'))
    })
    this.#dispatch()
  }

  #dispatch(): void {
    const { request, headers, isStream } = this.#forwarded
    // The path is forwarded exactly as it was validated: rewritten, it could mean something else to the service.
    this.#pool.dispatch(
      {
        path: request.raw.url ?? '/',
        method: request.method,
        headers,
        body: bodyOf(this.#forwarded),
        ...(isStream ? { bodyTimeout: 0 } : {}),
      },
      this,
    )
  }

  onRequestStart(control: UpstreamControl): void {
    this.#control = control
    if (this.#hasClientDisconnected) control.abort(new Error('the client has disconnected'))
  }

  onResponseStart(_control: UpstreamControl, status: number, given: IncomingHttpHeaders): void {
    if (status < 200) return
    const { raw } = this.#reply
    const headers = responseHeadersOf(this.#reply, given)
    this.#left = Number(headers['content-length'] ?? Number.NaN)
    this.#reply.code(status).hijack()
    raw.writeHead(status, headers)
    if (String(headers['content-type']).startsWith('text/event-stream')) {
      raw.flushHeaders()
      this.#streams.add(raw)
    }
  }

  onResponseData(control: UpstreamControl, chunk: Buffer): void {
    const { raw } = this.#reply
    this.#left -= chunk.length
    // A short answer that ends with its last byte leaves in one write.
    if (this.#left === 0) raw.end(chunk)
    else if (!raw.writableEnded && !raw.write(chunk)) {
      control.pause()
      raw.once('drain', () => control.resume())
    }
  }

  onResponseEnd(): void {
    const { raw } = this.#reply
    this.#hasUpstreamEnded = true
    if (!raw.writableEnded) raw.end()
    // The upstream may have answered without reading the whole body (413).
    dropRestOf(this.#request)
  }

  onResponseError(_control: UpstreamControl, error: Error): void {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (this.#hasClientDisconnected) {
      // The client has disconnected: there is nobody to answer.
      this.#reply.hijack()
      return
    }
    if (this.#reply.sent) {
      // A truncated answer must not look complete.
      this.#request.log.warn(
        { err: error },
        'upstream ended its answer early; the connection to the client is closed',
      )
      this.#reply.raw.destroy()
      return
    }
    if (this.#retriesLeft > 0 && NOT_CONNECTED.has(code)) {
      this.#retriesLeft--
      setTimeout(() => this.#dispatch(), RETRY_MILLISECONDS)
      return
    }
    dropRestOf(this.#request)
    if (code === 'UND_ERR_INVALID_ARG') return void failMalformed(this.#request, this.#reply)
    this.#request.log.warn({ err: error }, 'upstream unreachable; answered 503')
    failWith(this.#request, this.#reply, this.#forwarded.unavailable())
  }
}

const isSafe = (method: string) => method === 'GET' || method === 'HEAD'

/**
 * A body that arrives meanwhile is passed on as a stream of its own: undici destroys a body that it
 * no longer needs, and with the request goes the connection on which the client waits for its answer.
 */
function bodyOf({ request, body }: ForwardedRequest): Buffer | Readable | null {
  if (body !== 'STREAMED') return body ?? null
  const stream = new PassThrough()
  // undici reports it too, as the error of the request.
  stream.on('error', () => {})
  return request.raw.pipe(stream)
}

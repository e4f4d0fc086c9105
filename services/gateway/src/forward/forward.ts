import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { PassThrough, type Readable } from 'node:stream'
import type { DailyfeedError } from '@dailyfeed/contract/errors'
import { failMalformed, failWith } from '@dailyfeed/http-server/error-handler'
import type {
  UpstreamControl,
  UpstreamHandler,
  UpstreamPool,
} from '@dailyfeed/service-client/upstream-pool'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ForwardedHeaders } from './request-headers.ts'
import { answeredHeadersOf } from './response-headers.ts'

export interface Destination {
  pool: UpstreamPool
  headers: ForwardedHeaders
  /** An event stream may be silent for long. */
  isEndless: boolean
  /** What to answer when the upstream is away or does not answer in time. */
  unavailable: () => DailyfeedError
}

/** Long enough for a process that is just being replaced, too short to be felt. */
const RETRY_MILLISECONDS = 50
/** A service that is released anew ends many connections at the same moment: the next one of the pool may be gone too. */
const RETRIES = 3
/** The upstream was not reached, or closed a kept connection before it said anything. */
const NOT_CONNECTED = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])

/** Answers that go on until the client or the upstream ends them; a server that stops has to end them itself. */
export class EndlessAnswers {
  readonly #answers = new Set<ServerResponse>()

  add(response: ServerResponse): void {
    this.#answers.add(response)
    response.once('close', () => this.#answers.delete(response))
  }

  endAll(): void {
    for (const response of this.#answers) response.end()
  }
}

/**
 * Passes a request on and its answer back as they are, byte for byte, without reading either. It writes to the socket
 * itself, since Fastify's and undici's streams between would cost more than the rest of the way.
 */
export function forward(
  request: FastifyRequest,
  reply: FastifyReply,
  destination: Destination,
  endless: EndlessAnswers,
): void {
  new Forwarding(request, reply, destination, endless).start()
}

class Forwarding implements UpstreamHandler {
  readonly #request: FastifyRequest
  readonly #reply: FastifyReply
  readonly #destination: Destination
  readonly #endless: EndlessAnswers
  #control: UpstreamControl | undefined
  #hasClientLeft = false
  #hasUpstreamEnded = false
  /** Bytes of the answer still to come; NaN where the upstream does not say. */
  #left = Number.NaN
  #retriesLeft: number

  constructor(
    request: FastifyRequest,
    reply: FastifyReply,
    destination: Destination,
    endless: EndlessAnswers,
  ) {
    this.#request = request
    this.#reply = reply
    this.#destination = destination
    this.#endless = endless
    this.#retriesLeft = isSafe(request.method) ? RETRIES : 0
  }

  start(): void {
    this.#reply.raw.once('close', () => {
      if (this.#hasUpstreamEnded) return
      this.#hasClientLeft = true
      this.#control?.abort(new Error('the client has left'))
    })
    this.#dispatch()
  }

  #dispatch(): void {
    const { pool, headers, isEndless } = this.#destination
    const { raw } = this.#request
    // Validated and sent as it came: a path that was written anew could mean another thing to the service.
    pool.dispatch(
      {
        path: raw.url ?? '/',
        method: this.#request.method,
        headers,
        body: bodyOf(this.#request),
        ...(isEndless ? { bodyTimeout: 0 } : {}),
      },
      this,
    )
  }

  onRequestStart(control: UpstreamControl): void {
    this.#control = control
    if (this.#hasClientLeft) control.abort(new Error('the client has left'))
  }

  onResponseStart(_control: UpstreamControl, status: number, given: IncomingHttpHeaders): void {
    if (status < 200) return
    const { raw } = this.#reply
    const headers = answeredHeadersOf(this.#reply, given)
    this.#left = Number(headers['content-length'] ?? Number.NaN)
    this.#reply.code(status).hijack()
    raw.writeHead(status, headers)
    if (String(headers['content-type']).startsWith('text/event-stream')) {
      raw.flushHeaders()
      this.#endless.add(raw)
    }
  }

  onResponseData(control: UpstreamControl, chunk: Buffer): void {
    const { raw } = this.#reply
    this.#left -= chunk.length
    // Ended with its last byte, a short answer leaves in one write.
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
    // The upstream may have answered without reading all of the body (413).
    dropRestOf(this.#request)
  }

  onResponseError(_control: UpstreamControl, error: Error): void {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (this.#hasClientLeft) {
      // Nobody is there to be answered.
      this.#reply.hijack()
      return
    }
    if (this.#reply.sent) {
      // Half an answer must not look like a whole one.
      this.#request.log.warn({ err: error }, 'an upstream broke off its answer')
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
    this.#request.log.warn({ err: error }, 'an upstream is away')
    failWith(this.#request, this.#reply, this.#destination.unavailable())
  }
}

const isSafe = (method: string) => method === 'GET' || method === 'HEAD'

/** What still comes of a body that nobody wants is read and dropped: else its connection would be stuck, or cut under the answer. */
function dropRestOf({ raw }: FastifyRequest): void {
  if (!raw.complete) raw.unpipe().resume()
}

/**
 * The body as a stream, or none. Not the request itself: undici destroys a body that it no longer needs, and with the
 * request goes the connection on which the client waits for its answer.
 */
function bodyOf({ method, raw }: FastifyRequest): Readable | null {
  const { 'content-length': length, 'transfer-encoding': encoding } = raw.headers
  if (isSafe(method) || (encoding === undefined && (length === undefined || length === '0')))
    return null
  const body = new PassThrough()
  // Told by undici too, as the request's error.
  body.on('error', () => {})
  return raw.pipe(body)
}

import { IncomingMessage } from 'node:http'
import { failWith } from '@dailyfeed/http-server/error-handler'
import { EdgeResponse } from './edge-response.ts'
import type { RequestHandler } from './request-handler.ts'
import type { ForwardedRequest } from './upstream.ts'

/** One request that a service of this process answers, with the time limits of a request over a socket. */
export class InProcessExchange {
  readonly #forwarded: ForwardedRequest
  readonly #response: EdgeResponse
  readonly #readTimeoutMilliseconds: number
  #timer: NodeJS.Timeout | undefined
  /** Bytes that the connection had sent when the limit was last checked. */
  #bytesWritten = -1

  constructor(forwarded: ForwardedRequest, readTimeoutMilliseconds: number) {
    const { raw } = forwarded.reply
    if (!(raw instanceof EdgeResponse))
      throw new TypeError('the server of the gateway does not create EdgeResponses')
    this.#forwarded = forwarded
    this.#response = raw
    this.#readTimeoutMilliseconds = readTimeoutMilliseconds
  }

  start(handler: RequestHandler): void {
    this.#response.handOver(this.#forwarded.reply.getHeaders())
    if (!this.#forwarded.isStream) {
      this.#awaitProgress()
      this.#response.once('close', () => clearTimeout(this.#timer))
    }
    handler.routing(messageOf(this.#forwarded), this.#response)
  }

  #awaitProgress(): void {
    this.#timer = setTimeout(() => this.#checkProgress(), this.#readTimeoutMilliseconds)
  }

  #checkProgress(): void {
    if (!this.#response.headersSent) {
      this.#fail()
      return
    }
    const { bytesWritten = 0 } = this.#response.socket ?? {}
    // Bytes that wait for the client are no fault of the service.
    if (this.#response.writableLength > 0 || bytesWritten !== this.#bytesWritten) {
      this.#bytesWritten = bytesWritten
      this.#awaitProgress()
      return
    }
    this.#forwarded.request.log.warn(
      'service stopped in the middle of its answer; the connection to the client is closed',
    )
    this.#response.destroy()
  }

  #fail(): void {
    const { request, reply } = this.#forwarded
    request.log.warn('service did not answer in time; answered 503')
    this.#response.takeBack()
    failWith(request, reply, this.#forwarded.unavailable())
  }
}

/**
 * The request as the service gets it: with the headers of the gateway, and none that the client sent
 * (`rawHeaders` is empty).
 */
function messageOf({ request: { raw }, headers, body }: ForwardedRequest): IncomingMessage {
  if (body === 'STREAMED') {
    raw.headers = headers
    raw.rawHeaders = []
    // Without the prefix of `/api/proxy`, as a service over a socket gets it.
    Object.assign(raw, { originalUrl: raw.url })
    return raw
  }
  const message = new IncomingMessage(raw.socket)
  message.method = raw.method
  message.url = raw.url
  message.httpVersion = raw.httpVersion
  message.httpVersionMajor = raw.httpVersionMajor
  message.httpVersionMinor = raw.httpVersionMinor
  message.headers = headers
  message.complete = true
  if (raw.method === 'GET' || raw.method === 'HEAD') return message
  if (body !== undefined) message.push(body)
  message.push(null)
  return message
}

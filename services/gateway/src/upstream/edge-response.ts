import type { IncomingMessage } from 'node:http'
import { PreparedResponse } from '@dailyfeed/http-server/prepared-headers'
import { isOfUpstream } from './response-headers.ts'

type HeaderValue = number | string | readonly string[]

/**
 * A response to a client that a service of the same process may answer. The service sets headers as
 * it does on its own port. Headers of the connection, and headers that only the edge decides, are
 * dropped, as they are from an answer that arrives over a socket.
 */
export class EdgeResponse<
  Request extends IncomingMessage = IncomingMessage,
> extends PreparedResponse<Request> {
  #isHandedOver = false
  #vary: HeaderValue | undefined

  /** `edgeHeaders`: the service may replace those that an upstream may set, and can remove none. */
  handOver(edgeHeaders: Readonly<Record<string, HeaderValue | undefined>>): void {
    for (const name in edgeHeaders) {
      const value = edgeHeaders[name]
      if (value !== undefined) super.setHeader(name, value)
    }
    this.#vary = edgeHeaders['vary']
    this.#isHandedOver = true
  }

  /** The gateway answers itself, since the service does not. Later writes of the service have no effect. */
  takeBack(): void {
    this.#isHandedOver = false
    // A service that writes to an ended response makes Node.js emit an error.
    this.on('error', () => {})
  }

  override setHeader(name: string, value: HeaderValue): this {
    if (!this.#isHandedOver) return super.setHeader(name, value)
    const lowerCaseName = name.toLowerCase()
    if (!isOfUpstream(lowerCaseName)) return this
    if (lowerCaseName === 'vary' && this.#vary !== undefined)
      return super.setHeader(name, `${this.#vary}, ${value}`)
    return super.setHeader(name, value)
  }

  /** With `removeHeader` the way of `writeHead` to set headers that were given as an array. */
  override appendHeader(name: string, value: string | readonly string[]): this {
    if (!this.#isHandedOver) return super.appendHeader(name, value)
    const lowerCaseName = name.toLowerCase()
    if (!isOfUpstream(lowerCaseName)) return this
    return super.appendHeader(name, value)
  }

  override removeHeader(name: string): void {
    if (this.#isHandedOver) {
      const lowerCaseName = name.toLowerCase()
      if (lowerCaseName === 'vary' || !isOfUpstream(lowerCaseName)) return
    }
    super.removeHeader(name)
  }
}

import type { IncomingHttpHeaders } from 'node:http'
import type { DailyfeedError } from '@dailyfeed/contract/errors'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** One request on its way to an upstream, which answers it by `reply.raw`. */
export interface ForwardedRequest {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  /** The headers that the upstream gets. */
  readonly headers: IncomingHttpHeaders
  /** The whole body, or 'STREAMED' where it is read from the request while it arrives. */
  readonly body: Buffer | 'STREAMED' | undefined
  /** Whether the answer lasts until one side ends it, and may be silent meanwhile. */
  readonly isStream: boolean
  /** The failure to answer when the upstream cannot be reached or does not answer in time. */
  unavailable(): DailyfeedError
}

export interface UpstreamAnswer {
  status: number
  body: string
}

/** A server to which the gateway forwards requests: over sockets, or in the same process. */
export interface Upstream {
  /**
   * Forwards a request and answers it, also when the upstream fails. Aborts the request at the
   * upstream when the connection to the client closes.
   */
  forward(forwarded: ForwardedRequest): void
  /** A request of the gateway itself. Rejects when there is no answer in time. */
  get(path: string, timeoutMilliseconds: number): Promise<UpstreamAnswer>
  close(): Promise<void>
}

import type { IncomingHttpHeaders } from 'node:http'
import type { Quota } from '@dailyfeed/concurrency/quota'
import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { Client } from '@dailyfeed/http-server/client-address'
import { failWith } from '@dailyfeed/http-server/error-handler'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ForwardedRequest } from '../upstream/upstream.ts'
import type { ClientQuotas } from './client-quotas.ts'
import type { Destination } from './destination.ts'
import { HeldQuotas } from './held-quotas.ts'
import type { Entrant } from './places.ts'
import type { CountRefusal, Refusal } from './refusal.ts'
import { type BodyOutcome, hasBody, isTooLarge, readBody } from './request-body.ts'
import { cutStalledUpload } from './stalled-upload.ts'

/**
 * - REQUEST: its body is read whole before it takes a place at the upstream.
 * - UPLOAD: its body is too large for that, and is streamed.
 * - STREAM: its answer lasts until one side ends it, and takes no place at the upstream.
 */
export type RequestKind = 'REQUEST' | 'UPLOAD' | 'STREAM'

export interface ForwardContext {
  quotas: ClientQuotas
  bodyTimeoutMilliseconds: number
  countRefusal: CountRefusal
}

interface ForwardOptions {
  kind: RequestKind
  client: Client
  headers: IncomingHttpHeaders
  destination: Destination
  context: ForwardContext
}

const RETRY_AFTER_SECONDS = 1
/** A stream lasts, so that a place for another one becomes free later than one for a request. */
const STREAM_RETRY_AFTER_SECONDS = 5

/**
 * Forwards a request: it takes its share of its client's quotas, then its body is read, then it takes
 * a place at the upstream. A client that is slow holds nothing that others need. Throws
 * TOO_MANY_REQUEST, SERVICE_UNAVAILABLE or PAYLOAD_TOO_LARGE.
 */
export function forward(
  request: FastifyRequest,
  reply: FastifyReply,
  options: ForwardOptions,
): void {
  new Forwarding(request, reply, options).start()
}

class Forwarding implements ForwardedRequest, Entrant {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly headers: IncomingHttpHeaders
  readonly isStream: boolean
  body: Buffer | 'STREAMED' | undefined
  readonly #options: ForwardOptions
  /** Held until the answer has left. */
  readonly #held = new HeldQuotas()
  /** Held until the body has arrived. */
  readonly #heldByBody = new HeldQuotas()
  readonly #clientKey: string
  #isInPlace = false
  #hasEnded = false

  constructor(request: FastifyRequest, reply: FastifyReply, options: ForwardOptions) {
    this.request = request
    this.reply = reply
    this.headers = options.headers
    this.isStream = options.kind === 'STREAM'
    this.#options = options
    this.#clientKey = clientKeyOf(request, options.client)
  }

  start(): void {
    this.reply.raw.once('close', () => this.#end())
    this.#takeQuotasOrThrow()
    if (this.isStream) this.#options.destination.upstream.forward(this)
    else if (!hasBody(this.request.raw)) this.#enter()
    else if (this.#options.kind === 'UPLOAD') this.#enterWithUpload()
    else this.#readBodyOrThrow()
  }

  unavailable(): DailyfeedError {
    return this.#options.destination.unavailable()
  }

  /** Called by the places when there is one for this request. */
  begin(): void {
    this.#isInPlace = true
    this.#options.destination.upstream.forward(this)
  }

  /** Called by the places when there was none for too long, or when too many wait. */
  refuse(): void {
    this.#fail('no_place', new DailyfeedError('SERVICE_UNAVAILABLE', SOON))
  }

  #takeQuotasOrThrow(): void {
    const { kind, destination, context } = this.#options
    const { quotas } = context
    const token = this.request.raw.headers.authorization
    if (kind === 'STREAM') {
      this.#takeOrThrow('streams', quotas.streams, this.#clientKey)
      if (token !== undefined) this.#takeOrThrow('streams', quotas.streamsOfMembers, token)
      return
    }
    if (destination.requests === undefined) return
    this.#takeOrThrow('requests', destination.requests, this.#clientKey)
    if (token !== undefined && token !== this.#clientKey)
      this.#takeOrThrow('requests', destination.requests, token)
  }

  #takeOrThrow(refusal: Refusal, quota: Quota, key: string, held = this.#held): void {
    const outcome = held.tryTake(quota, key)
    if (outcome === 'TAKEN') return
    this.#options.context.countRefusal(refusal)
    throw new DailyfeedError(
      outcome === 'FULL' ? 'SERVICE_UNAVAILABLE' : 'TOO_MANY_REQUEST',
      refusal === 'streams' ? LATER : SOON,
    )
  }

  #enter(): void {
    if (!this.#hasEnded) this.#options.destination.places.enter(this)
  }

  #enterWithUpload(): void {
    const { quotas, bodyTimeoutMilliseconds } = this.#options.context
    this.#takeOrThrow('uploads', quotas.uploads, this.#clientKey)
    this.body = 'STREAMED'
    this.#permitBody()
    cutStalledUpload(this.request, this.reply, bodyTimeoutMilliseconds)
    this.#enter()
  }

  #readBodyOrThrow(): void {
    if (isTooLarge(this.request.raw)) throw new DailyfeedError('PAYLOAD_TOO_LARGE')
    const { quotas, bodyTimeoutMilliseconds } = this.#options.context
    this.#takeOrThrow('bodies', quotas.bodies, this.#clientKey, this.#heldByBody)
    this.#permitBody()
    const tryHold = (bytes: number) =>
      this.#held.tryTake(quotas.bodyBytes, this.#clientKey, bytes) === 'TAKEN'
    const options = { timeoutMilliseconds: bodyTimeoutMilliseconds, tryHold }
    readBody(this.request.raw, options, (outcome) => this.#onBody(outcome))
  }

  /** A client that sends `Expect: 100-continue` sends its body only now. */
  #permitBody(): void {
    if (this.request.raw.headers.expect !== undefined) this.reply.raw.writeContinue()
  }

  #onBody(outcome: BodyOutcome): void {
    this.#heldByBody.release()
    if (outcome === 'TOO_LARGE')
      return void failWith(this.request, this.reply, new DailyfeedError('PAYLOAD_TOO_LARGE'))
    if (outcome === 'NO_ROOM')
      return void this.#fail('body_bytes', new DailyfeedError('SERVICE_UNAVAILABLE', SOON))
    if (outcome === 'TOO_SLOW') {
      // The rest of the body would be taken for the next request, or awaited in its place.
      this.reply.header('connection', 'close')
      return void this.#fail('slow_body', new DailyfeedError('REQUEST_TIMEOUT'))
    }
    if (outcome.length > 0) {
      this.body = outcome
      this.headers['content-length'] = String(outcome.length)
    }
    this.#enter()
  }

  #fail(refusal: Refusal, error: DailyfeedError): void {
    this.#options.context.countRefusal(refusal)
    failWith(this.request, this.reply, error)
  }

  #end(): void {
    this.#hasEnded = true
    const { places } = this.#options.destination
    if (this.#isInPlace) places.leave()
    else places.withdraw(this)
    this.#held.release()
    this.#heldByBody.release()
  }
}

const SOON = { retryAfterSeconds: RETRY_AFTER_SECONDS }
const LATER = { retryAfterSeconds: STREAM_RETRY_AFTER_SECONDS }

/**
 * Whose share a request takes: that of its address block. Clients whose frontend does not name their
 * addresses are distinguished by their tokens; without one, only the totals bound them.
 */
const clientKeyOf = ({ id, raw }: FastifyRequest, client: Client): string =>
  client.isTrustedFrontend ? (raw.headers.authorization ?? id) : client.block

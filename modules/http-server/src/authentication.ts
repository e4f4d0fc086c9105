import type { AccessToken } from '@dailyfeed/access-token/access-token'
import type { TokenVerifier } from '@dailyfeed/access-token/token-verifier'
import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { onRequestHookHandler } from 'fastify'
import type { HttpServer } from './http-server.ts'
import type { InternalCallers } from './internal-access.ts'

/** Callers that a route admits. Without a setting it is MEMBER (a valid access token): a missing setting never opens a route. */
export type Access = 'MEMBER' | 'PUBLIC' | 'INTERNAL'

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
    /** Services that may call this internal route; without it every admitted caller may. */
    callers?: readonly string[]
    acceptsPlainTextJson?: boolean
    /** The route creates something once for each Idempotency-Key; documented in the API reference. */
    acceptsIdempotencyKey?: boolean
    /** Also admits a token that expired at most this many seconds ago, while its session is alive. Default: 0. */
    acceptsExpiredSeconds?: number
  }
  interface FastifyRequest {
    traceId: string
    /** The verified access token; set on routes of access MEMBER only. */
    token: AccessToken
    readonly memberId: number
    /** The verified calling service; set on routes of access INTERNAL only. */
    callerService: string
  }
}

interface AuthenticationOptions {
  verifier: TokenVerifier | undefined
  callers: InternalCallers
}

/**
 * Authenticates each request before its body is read, by a hook of each route that is added later.
 * Hooks of a route run after those of the server: a hook that needs the member must be a `preHandler`.
 */
export function authenticate(app: HttpServer, { verifier, callers }: AuthenticationOptions): void {
  app.decorateRequest('token')
  app.decorateRequest('callerService', '')
  app.decorateRequest('memberId', {
    getter() {
      return this.token.memberId
    },
  })
  app.addHook('onRoute', (route) => {
    const { access = 'MEMBER', callers: admitted, acceptsExpiredSeconds = 0 } = route.config ?? {}
    if (access === 'PUBLIC') return
    const hook =
      access === 'INTERNAL'
        ? admitCallers(callers, admitted)
        : admitMembers(verifier, acceptsExpiredSeconds)
    route.onRequest = [hook, ...[route.onRequest ?? []].flat()]
  })
}

const admitCallers =
  (callers: InternalCallers, admitted: readonly string[] | undefined): onRequestHookHandler =>
  (request, _reply, done) => {
    const caller = callers.callerOf(request)
    if (caller === undefined) throw new DailyfeedError('MEMBER_UNAUTHORIZED')
    if (admitted !== undefined && !admitted.includes(caller))
      throw new DailyfeedError('MEMBER_FORBIDDEN')
    request.callerService = caller
    done()
  }

const admitMembers =
  (verifier: TokenVerifier | undefined, graceSeconds: number): onRequestHookHandler =>
  (request, _reply, done) => {
    if (verifier === undefined)
      throw new Error(
        `${request.method} ${request.url} asks for a member, but this service verifies no tokens`,
      )
    const verified = verifier.verifyRequestOrThrow(request.headers.authorization, graceSeconds)
    // A cached token is verified without a promise: this runs for nearly every request.
    if (verified instanceof Promise)
      return verified.then((token) => {
        request.token = token
      })
    request.token = verified
    done()
  }

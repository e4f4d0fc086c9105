import type { AccessToken } from '@dailyfeed/access-token/access-token'
import type { TokenVerifier } from '@dailyfeed/access-token/token-verifier'
import { DailyfeedError } from '@dailyfeed/contract/errors'
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

/** Authenticates each request before its body is read. */
export function authenticate(app: HttpServer, { verifier, callers }: AuthenticationOptions): void {
  app.decorateRequest('token')
  app.decorateRequest('callerService', '')
  app.decorateRequest('memberId', {
    getter() {
      return this.token.memberId
    },
  })
  app.addHook('onRequest', async (request) => {
    if (request.is404) return
    const {
      access = 'MEMBER',
      callers: admitted,
      acceptsExpiredSeconds = 0,
    } = request.routeOptions.config
    if (access === 'PUBLIC') return
    if (access === 'INTERNAL') {
      const caller = callers.callerOf(request)
      if (caller === undefined) throw new DailyfeedError('MEMBER_UNAUTHORIZED')
      if (admitted !== undefined && !admitted.includes(caller))
        throw new DailyfeedError('MEMBER_FORBIDDEN')
      request.callerService = caller
      return
    }
    if (verifier === undefined)
      throw new Error(
        `${request.method} ${request.url} asks for a member, but this service verifies no tokens`,
      )
    request.token = await verifier.verifyExpiredOrThrow(
      request.headers.authorization,
      acceptsExpiredSeconds,
    )
  })
}

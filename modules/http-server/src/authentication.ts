import type { AccessToken } from '@dailyfeed/access-token/access-token'
import type { TokenVerifier } from '@dailyfeed/access-token/token-verifier'
import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { HttpServer } from './http-server.ts'
import type { InternalCallers } from './internal-access.ts'

/**
 * Who may call a route. MEMBER (a living access token) unless the route says otherwise: a forgotten setting locks a
 * door, it never opens one.
 */
export type Access = 'MEMBER' | 'PUBLIC' | 'INTERNAL'

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
    /** The callers, of those admitted to this service, that may call this internal route; absent: all of them. */
    callers?: readonly string[]
    acceptsPlainTextJson?: boolean
    /** It creates something, once for each Idempotency-Key: told in the API documents. */
    acceptsIdempotencyKey?: boolean
    /** A bearer whose life ended at most so long ago is let in too, as long as its session is alive; absent: none. */
    acceptsExpiredSeconds?: number
  }
  interface FastifyRequest {
    traceId: string
    /** The verified bearer; only on routes of access MEMBER. */
    token: AccessToken
    readonly memberId: number
    /** The verified calling service; only on routes of access INTERNAL. */
    callerService: string
  }
}

interface AuthenticationOptions {
  verifier: TokenVerifier | undefined
  callers: InternalCallers
}

/** Decides at the door, before a body is read. */
export function authenticate(app: HttpServer, { verifier, callers }: AuthenticationOptions): void {
  app.decorateRequest('token', null as unknown as AccessToken)
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

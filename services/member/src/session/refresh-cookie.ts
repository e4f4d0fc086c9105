import { REFRESH_COOKIE, SECURE_REFRESH_COOKIE } from '@dailyfeed/contract/headers'
import { clientOf } from '@dailyfeed/http-server/client-address'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Tokens } from './tokens.ts'
import '@fastify/cookie'

const THIRTY_DAYS_SECONDS = 30 * 24 * 3_600

export interface RefreshCookie {
  read(request: FastifyRequest): string | undefined
  set(request: FastifyRequest, reply: FastifyReply, token: string): void
  /** Sends the access token in a header and the refresh token in the cookie alone. */
  sendTokens(request: FastifyRequest, reply: FastifyReply, tokens: Tokens): void
  clear(request: FastifyRequest, reply: FastifyReply): void
}

/** Whether a request's cookies are for HTTPS only, by the setting COOKIE_SECURE. */
export const createIsSecure =
  (cookieSecure: string) =>
  (request: FastifyRequest): boolean =>
    cookieSecure === 'auto' ? clientOf(request).isHttps : cookieSecure === 'true'

/** Over HTTPS only the `__Host-` cookie counts: a neighbouring host could have set the other one. */
export function createRefreshCookie(isSecure: (request: FastifyRequest) => boolean): RefreshCookie {
  const nameFor = (request: FastifyRequest) =>
    isSecure(request) ? SECURE_REFRESH_COOKIE : REFRESH_COOKIE
  const attributes = (request: FastifyRequest) => ({
    httpOnly: true,
    sameSite: 'strict' as const,
    path: '/',
    secure: isSecure(request),
  })
  const set: RefreshCookie['set'] = (request, reply, token) =>
    void reply.setCookie(nameFor(request), token, {
      ...attributes(request),
      maxAge: THIRTY_DAYS_SECONDS,
    })
  return {
    read(request) {
      const token = request.cookies[nameFor(request)]
      return token === undefined || token.length > 200 ? undefined : token
    },
    set,
    sendTokens(request, reply, { accessToken, refreshToken }) {
      reply.header('authorization', `Bearer ${accessToken}`)
      set(request, reply, refreshToken)
    },
    clear: (request, reply) =>
      void reply.setCookie(nameFor(request), '', { ...attributes(request), maxAge: 0 }),
  }
}

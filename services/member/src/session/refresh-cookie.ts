import { REFRESH_COOKIE, SECURE_REFRESH_COOKIE } from '@dailyfeed/contract/headers'
import { clientOf } from '@dailyfeed/http-server/client-address'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Tokens } from './session.service.ts'
import '@fastify/cookie'

const THIRTY_DAYS_SECONDS = 30 * 24 * 3_600

export interface RefreshCookie {
  read(request: FastifyRequest): string | undefined
  set(request: FastifyRequest, reply: FastifyReply, token: string): void
  /** Both tokens of an answer: the access token goes in the header, the refresh token in the cookie alone. */
  hand(request: FastifyRequest, reply: FastifyReply, tokens: Tokens): void
  clear(request: FastifyRequest, reply: FastifyReply): void
}

/** `setting`: COOKIE_SECURE. */
export const isSecureBy =
  (setting: string) =>
  (request: FastifyRequest): boolean =>
    setting === 'auto' ? clientOf(request).isHttps : setting === 'true'

/** `secure`: COOKIE_SECURE. Over HTTPS only the `__Host-` cookie counts: another could have been planted by a neighbouring host. */
export function createRefreshCookie(secure: string): RefreshCookie {
  const isSecure = isSecureBy(secure)
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
    hand(request, reply, { accessToken, refreshToken }) {
      reply.header('authorization', `Bearer ${accessToken}`)
      set(request, reply, refreshToken)
    },
    clear: (request, reply) =>
      void reply.setCookie(nameFor(request), '', { ...attributes(request), maxAge: 0 }),
  }
}

import type { AccessToken } from '@dailyfeed/access-token/access-token'
import { DailyfeedError, ERRORS } from '@dailyfeed/contract/errors'
import { RefreshedToken, Session } from '@dailyfeed/contract/member'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import type { RoutesContext } from '../context.ts'
import { refuseCrossSite } from './cross-site.ts'
import { refreshSession } from './refresh.service.ts'
import { endSessionOrThrow, listSessions, logOutEverywhere, logout } from './session.service.ts'

const tags = ['authentication']
const done = { 200: successOf(Type.Boolean()) }
const PUBLIC = { access: 'PUBLIC' as const }
/** The longest life of a session: a token that expired longer ago has no session to end. */
const NINETY_DAYS_SECONDS = 90 * 24 * 3_600

export function sessionRoutes(app: HttpServer, context: RoutesContext): void {
  refreshRoutes(app, context)
  logoutRoutes(app, context)
  sessionListRoutes(app, context)
}

function refreshRoutes(app: HttpServer, context: RoutesContext): void {
  const { cookie, settings, allowedOrigins } = context

  async function refresh(request: FastifyRequest, reply: FastifyReply): Promise<string> {
    refuseCrossSite(request, allowedOrigins)
    const tokens = await refreshSession(context, cookie.read(request))
    cookie.sendTokens(request, reply, tokens)
    return tokens.accessToken
  }

  app.post(
    '/api/authentication/refresh',
    {
      config: { ...PUBLIC, rateClass: 'login' },
      schema: {
        tags,
        summary: 'Exchange the refresh cookie for a new access token',
        response: { 200: successOf(RefreshedToken) },
      },
    },
    async (request, reply) => {
      const accessToken = await refresh(request, reply)
      return success(200, { accessToken, expiresIn: settings.accessTokenSeconds })
    },
  )

  app.post(
    '/api/token/refresh',
    {
      config: { ...PUBLIC, rateClass: 'login' },
      schema: {
        tags,
        summary: 'Exchange the refresh cookie, at the path of the founding client',
        response: done,
      },
    },
    async (request, reply) => {
      await refresh(request, reply)
      return success(200, true)
    },
  )
}

function logoutRoutes(app: HttpServer, context: RoutesContext): void {
  const { cookie, allowedOrigins } = context

  // Public, because a member whose access token has expired logs out too. The handler verifies the token.
  app.post(
    '/api/authentication/logout',
    { config: PUBLIC, schema: { tags, summary: 'End this session', response: done } },
    async (request, reply) => {
      refuseCrossSite(request, allowedOrigins)
      const bearer = await findBearer(context, request.headers.authorization)
      await logout(context, bearer, cookie.read(request))
      cookie.clear(request, reply)
      return success(200, true)
    },
  )

  app.post(
    '/api/authentication/logout-all',
    { schema: { tags, summary: 'End every session of mine', response: done } },
    async (request, reply) => {
      await logOutEverywhere(context, request.memberId)
      cookie.clear(request, reply)
      return success(200, true)
    },
  )
}

function sessionListRoutes(app: HttpServer, context: RoutesContext): void {
  app.get(
    '/api/authentication/sessions',
    {
      schema: {
        tags,
        summary: 'List my sessions',
        response: { 200: successOf(Type.Array(Session)) },
      },
    },
    async ({ memberId, token }) =>
      success(200, await listSessions(context, memberId, token.sessionId)),
  )

  app.delete(
    '/api/authentication/sessions/:id',
    {
      schema: {
        tags,
        summary: 'End one of my sessions',
        params: Type.Object({ id: Type.String({ maxLength: 64 }) }),
        response: done,
      },
    },
    async (request) => {
      await endSessionOrThrow(context, request.memberId, request.params.id)
      return success(200, true)
    },
  )
}

/** Undefined when the token is missing or refused. A fault of this service is thrown, since it refuses nothing. */
async function findBearer(
  { verifier }: RoutesContext,
  authorization: string | undefined,
): Promise<AccessToken | undefined> {
  try {
    return await verifier.verifyExpiredOrThrow(authorization, NINETY_DAYS_SECONDS)
  } catch (error) {
    if (error instanceof DailyfeedError && ERRORS[error.code].status === 401) return undefined
    throw error
  }
}

import { createHmac } from 'node:crypto'
import type { AccessToken } from '@dailyfeed/access-token/access-token'
import type { TokenVerifier } from '@dailyfeed/access-token/token-verifier'
import { DailyfeedError, ERRORS } from '@dailyfeed/contract/errors'
import {
  DeactivateRequest,
  LoginRequest,
  MemberSummary,
  NamedMember,
  PasswordChange,
  RefreshedToken,
  Session,
  SignupRequest,
} from '@dailyfeed/contract/member'
import { clientOf } from '@dailyfeed/http-server/client-address'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import type { Once } from '@dailyfeed/idempotency/once'
import type { RateLimiter } from '@dailyfeed/http-server/rate-limit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import type { MemberContext } from '../context.ts'
import { refuseCrossSite } from '../session/cross-site.ts'
import { deviceOf } from '../session/device.ts'
import type { RefreshCookie } from '../session/refresh-cookie.ts'
import { endOneSession, listSessions, logout, refreshSession } from '../session/session.service.ts'
import { changePassword, logIn, logOutEverywhere, signUp, withdraw } from './account.service.ts'
import type { LoginThrottle } from './login-throttle.ts'

interface AccountRoutesOptions {
  context: MemberContext
  once: Once<MemberContext>
  verifier: TokenVerifier
  cookie: RefreshCookie
  throttle: LoginThrottle
  /** Of sign-ups from one address; absent: none. */
  signupLimit: RateLimiter | undefined
  /** Of frontends that may act on the cookie though they are another site. */
  allowedOrigins: readonly string[]
}

const tags = ['authentication']
const done = { 200: successOf(Type.Boolean()) }
const PUBLIC = { access: 'PUBLIC' as const }
/** The longest life of a refresh cookie: a bearer older than that has no session to end. */
const NINETY_DAYS_SECONDS = 90 * 24 * 3_600

export function accountRoutes(
  app: HttpServer,
  { context, once, verifier, cookie, throttle, signupLimit, allowedOrigins }: AccountRoutesOptions,
): void {
  async function refresh(request: FastifyRequest, reply: FastifyReply): Promise<string> {
    refuseCrossSite(request, allowedOrigins)
    const tokens = await refreshSession(context, cookie.read(request))
    cookie.hand(request, reply, tokens)
    return tokens.accessToken
  }

  /** Undefined when there is none, or none that counts; a fault on our side is no such answer. */
  async function findBearer(authorization: string | undefined): Promise<AccessToken | undefined> {
    try {
      return await verifier.verifyExpiredOrThrow(authorization, NINETY_DAYS_SECONDS)
    } catch (error) {
      if (error instanceof DailyfeedError && ERRORS[error.code].status === 401) return undefined
      throw error
    }
  }

  app.post(
    '/api/authentication/signup',
    {
      config: { ...PUBLIC, acceptsIdempotencyKey: true },
      schema: {
        tags,
        summary: 'Sign up',
        body: SignupRequest,
        response: { 201: successOf(NamedMember) },
      },
    },
    async (request, reply) => {
      const client = clientOf(request)
      if (!client.isTrustedFrontend) await signupLimit?.countOrThrow(client.address, reply)
      // Under a secret of ours: a bare hash of a body that holds a password would be a quick way to guess it.
      const body = createHmac('sha256', context.settings.refreshTokenKey)
        .update(JSON.stringify(request.body))
        .digest()
      return once({
        request,
        reply,
        status: 201,
        owner: `address:${client.address}`,
        body,
        act: (within) => signUp(within, request.body, deviceOf(request, client)),
      })
    },
  )

  app.post(
    '/api/authentication/login',
    {
      config: PUBLIC,
      schema: {
        tags,
        summary: 'Log in',
        body: LoginRequest,
        response: { 200: successOf(MemberSummary) },
      },
    },
    async (request, reply) => {
      const client = clientOf(request)
      const { summary, ...tokens } = await logIn(
        context,
        throttle,
        request.body,
        deviceOf(request, client),
        client,
      )
      cookie.hand(request, reply, tokens)
      return success(200, summary)
    },
  )

  app.post(
    '/api/authentication/refresh',
    {
      config: PUBLIC,
      schema: {
        tags,
        summary: 'A new access token for the refresh cookie',
        response: { 200: successOf(RefreshedToken) },
      },
    },
    async (request, reply) => {
      const accessToken = await refresh(request, reply)
      return success(200, { accessToken, expiresIn: context.settings.accessTokenSeconds })
    },
  )

  app.post(
    '/api/token/refresh',
    {
      config: PUBLIC,
      schema: { tags, summary: 'The same, by the path of the founding client', response: done },
    },
    async (request, reply) => {
      await refresh(request, reply)
      return success(200, true)
    },
  )

  // Public, since one whose token has ended must be able to leave too: the bearer is judged here.
  app.post(
    '/api/authentication/logout',
    { config: PUBLIC, schema: { tags, summary: 'End this session', response: done } },
    async (request, reply) => {
      refuseCrossSite(request, allowedOrigins)
      await logout(context, await findBearer(request.headers.authorization), cookie.read(request))
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

  app.delete(
    '/api/authentication/deactivate',
    { schema: { tags, summary: 'Withdraw', body: DeactivateRequest, response: done } },
    async (request, reply) => {
      await withdraw(context, throttle, request.token, request.body.password, clientOf(request))
      cookie.clear(request, reply)
      return success(200, true)
    },
  )

  app.put(
    '/api/members/password',
    { schema: { tags, summary: 'Change my password', body: PasswordChange, response: done } },
    async (request, reply) => {
      cookie.hand(
        request,
        reply,
        await changePassword(context, throttle, request.token, request.body, clientOf(request)),
      )
      return success(200, true)
    },
  )

  app.get(
    '/api/authentication/sessions',
    { schema: { tags, summary: 'My sessions', response: { 200: successOf(Type.Array(Session)) } } },
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
      await endOneSession(context, request.memberId, request.params.id)
      return success(200, true)
    },
  )
}

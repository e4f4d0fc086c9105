import { DailyfeedError } from '@dailyfeed/contract/errors'
import { localPathOf } from '@dailyfeed/contract/local-path'
import {
  MemberSummary,
  OwnerProof,
  ProvenSignIn,
  ProviderLinkRequest,
  ProviderPath,
  ProviderRedirect,
  ProviderSignupRequest,
  SignInMethods,
  SignInProvider,
} from '@dailyfeed/contract/member'
import { clientOf } from '@dailyfeed/http-server/client-address'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import type { RateLimiter } from '@dailyfeed/http-server/rate-limit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import type { LoginThrottle } from '../account/login-throttle.ts'
import type { MemberContext } from '../context.ts'
import { refuseCrossSite } from '../session/cross-site.ts'
import { deviceOf } from '../session/device.ts'
import { isSecureBy, type RefreshCookie } from '../session/refresh-cookie.ts'
import { ProviderRefusedError, ProviderUnavailableError } from './provider-client.ts'
import { createSealedCookie } from './sealed-cookie.ts'
import {
  beginLink,
  describeProven,
  describeSignInMethods,
  type Flow,
  finishSignIn,
  linkProven,
  type Proven,
  providerOrThrow,
  type SignInOutcome,
  signUpProven,
  toSignInProvider,
  unlink,
} from './sign-in-provider.service.ts'

interface SignInProviderRoutesOptions {
  context: MemberContext
  cookie: RefreshCookie
  throttle: LoginThrottle
  signupLimit: RateLimiter | undefined
  allowedOrigins: readonly string[]
  /** COOKIE_SECURE. */
  cookieSecure: string
  /** PUBLIC_URL; undefined: as the request came. */
  publicUrl: string | undefined
}

const tags = ['authentication']
const PUBLIC = { access: 'PUBLIC' as const }
const BASE = '/api/authentication/oidc'
/** A browser is sent on; whatever goes wrong, it must land on a page and not on JSON. */
const REDIRECT = { 302: Type.Null() }
/** As long as somebody may take at a provider, and then to choose a handle. */
const FLOW_SECONDS = 600
const PROVEN_SECONDS = 900

/** Where a member ends up when it did not work out, as the login page names it. */
type Problem =
  | 'provider_cancelled'
  | 'provider_refused'
  | 'provider_expired'
  | 'provider_unavailable'
  | 'provider_email'
  | 'provider_linked'
  | 'account_gone'

export function signInProviderRoutes(app: HttpServer, options: SignInProviderRoutesOptions): void {
  const { context, cookie, throttle, signupLimit, allowedOrigins, publicUrl } = options
  const isSecure = isSecureBy(options.cookieSecure)
  const secret = context.settings.refreshTokenKey
  const flowCookie = createSealedCookie<Flow>({
    name: 'dailyfeed_sign_in',
    secret,
    lifeSeconds: FLOW_SECONDS,
    isSecure,
  })
  const provenCookie = createSealedCookie<Proven>({
    name: 'dailyfeed_proven',
    secret,
    lifeSeconds: PROVEN_SECONDS,
    isSecure,
  })

  const baseOf = (request: FastifyRequest): string => {
    const { isHttps, host } = clientOf(request)
    return publicUrl ?? `${isHttps ? 'https' : 'http'}://${host}`
  }
  const redirectUriOf = (request: FastifyRequest, provider: string) =>
    `${baseOf(request)}${BASE}/${provider}/callback`

  async function provenOrThrow(request: FastifyRequest): Promise<Proven> {
    const proven = await provenCookie.read(request)
    if (proven === undefined) throw new DailyfeedError('PROVIDER_SIGN_IN_EXPIRED')
    return proven
  }

  app.get(
    `${BASE}/providers`,
    {
      config: PUBLIC,
      schema: {
        tags,
        summary: 'Where one can sign in besides',
        response: { 200: successOf(Type.Array(SignInProvider)) },
      },
    },
    async () => success(200, context.providers.map(toSignInProvider)),
  )

  app.get(
    `${BASE}/:provider/start`,
    {
      config: PUBLIC,
      schema: {
        tags,
        summary: 'Sends the browser to a provider of OpenID Connect',
        params: ProviderPath,
        querystring: Type.Object({ returnTo: Type.Optional(Type.String({ maxLength: 500 })) }),
        response: REDIRECT,
      },
    },
    async (request, reply) => {
      // Whoever starts it for somebody else could have them sign in as another.
      refuseCrossSite(request, allowedOrigins)
      const provider = providerOrThrow(context, request.params.provider)
      try {
        const { url, secrets } = await provider.begin(redirectUriOf(request, provider.settings.id))
        await flowCookie.set(request, reply, {
          ...secrets,
          provider: provider.settings.id,
          returnTo: localPathOf(request.query.returnTo),
        })
        return reply.redirect(url)
      } catch (error) {
        return backToLogin(reply, problemOf(context, error))
      }
    },
  )

  app.get(
    `${BASE}/:provider/callback`,
    {
      config: PUBLIC,
      schema: {
        tags,
        summary: 'Where a provider sends the browser back to',
        params: ProviderPath,
        response: REDIRECT,
      },
    },
    async (request, reply) => {
      const flow = await flowCookie.read(request)
      flowCookie.clear(request, reply)
      if (flow === undefined || flow.provider !== request.params.provider)
        return backToLogin(reply, 'provider_expired')
      const callbackUrl = new URL(redirectUriOf(request, flow.provider))
      callbackUrl.search = new URL(request.url, callbackUrl).search
      try {
        const outcome = await finishSignIn(
          context,
          flow,
          callbackUrl,
          deviceOf(request, clientOf(request)),
        )
        return await goOn(request, reply, flow, outcome)
      } catch (error) {
        const problem = problemOf(context, error)
        return flow.linkTo === undefined
          ? backToLogin(reply, problem)
          : reply.redirect(`/security?problem=${problem}`)
      }
    },
  )

  async function goOn(
    request: FastifyRequest,
    reply: FastifyReply,
    flow: Flow,
    outcome: SignInOutcome,
  ): Promise<FastifyReply> {
    switch (outcome.outcome) {
      case 'SIGNED_IN':
        // The page asks for its access token with the cookie: none ever stands in an address.
        cookie.set(request, reply, outcome.refreshToken)
        return reply.redirect(flow.returnTo)
      case 'LINKED':
        return reply.redirect(flow.returnTo)
      case 'DECIDE':
        await provenCookie.set(request, reply, outcome.proven)
        return reply.redirect('/welcome')
      case 'ALREADY_LINKED':
        return reply.redirect('/security?problem=provider_linked')
      case 'EMAIL_NOT_VERIFIED':
        return backToLogin(reply, 'provider_email')
      case 'ACCOUNT_GONE':
        return backToLogin(reply, 'account_gone')
    }
  }

  app.get(
    `${BASE}/proven`,
    {
      config: PUBLIC,
      schema: {
        tags,
        summary: 'Who was proved and has yet to decide',
        response: { 200: successOf(ProvenSignIn) },
      },
    },
    async (request) => success(200, await describeProven(context, await provenOrThrow(request))),
  )

  app.post(
    `${BASE}/signup`,
    {
      config: PUBLIC,
      schema: {
        tags,
        summary: 'A new account for who was proved',
        body: ProviderSignupRequest,
        response: { 201: successOf(MemberSummary) },
      },
    },
    async (request, reply) => {
      refuseCrossSite(request, allowedOrigins)
      const proven = await provenOrThrow(request)
      const client = clientOf(request)
      if (!client.isTrustedFrontend) await signupLimit?.countOrThrow(client.address, reply)
      const { summary, ...tokens } = await signUpProven(
        context,
        proven,
        request.body,
        deviceOf(request, client),
      )
      provenCookie.clear(request, reply)
      cookie.hand(request, reply, tokens)
      reply.code(201)
      return success(201, summary)
    },
  )

  app.post(
    `${BASE}/link`,
    {
      config: PUBLIC,
      schema: {
        tags,
        summary: 'The account with that e-mail address is mine',
        body: ProviderLinkRequest,
        response: { 200: successOf(MemberSummary) },
      },
    },
    async (request, reply) => {
      refuseCrossSite(request, allowedOrigins)
      const proven = await provenOrThrow(request)
      const client = clientOf(request)
      const { summary, ...tokens } = await linkProven(
        context,
        throttle,
        proven,
        request.body.password,
        deviceOf(request, client),
        client,
      )
      provenCookie.clear(request, reply)
      cookie.hand(request, reply, tokens)
      return success(200, summary)
    },
  )

  app.get(
    '/api/authentication/sign-in-methods',
    { schema: { tags, summary: 'How I can sign in', response: { 200: successOf(SignInMethods) } } },
    async ({ memberId }) => success(200, await describeSignInMethods(context, memberId)),
  )

  app.post(
    `${BASE}/:provider/link`,
    {
      schema: {
        tags,
        summary: 'One more way to sign in: where to send the browser',
        params: ProviderPath,
        body: OwnerProof,
        response: { 200: successOf(ProviderRedirect) },
      },
    },
    async (request, reply) => {
      const { provider } = request.params
      const asked = {
        provider,
        password: request.body.password,
        redirectUri: redirectUriOf(request, provider),
        returnTo: `/security?linked=${provider}`,
      }
      const { url, flow } = await beginLink(
        context,
        throttle,
        request.token,
        asked,
        clientOf(request),
      )
      await flowCookie.set(request, reply, flow)
      return success(200, { url })
    },
  )

  app.delete(
    `${BASE}/:provider/link`,
    {
      schema: {
        tags,
        summary: 'One way to sign in less',
        params: ProviderPath,
        body: OwnerProof,
        response: { 200: successOf(Type.Boolean()) },
      },
    },
    async (request) => {
      const { provider } = request.params
      await unlink(
        context,
        throttle,
        request.token,
        { provider, password: request.body.password },
        clientOf(request),
      )
      return success(200, true)
    },
  )
}

const backToLogin = (reply: FastifyReply, problem: Problem): FastifyReply =>
  reply.redirect(`/login?problem=${problem}`)

/** What is our own fault goes on to the ordinary answer. */
function problemOf({ log }: MemberContext, error: unknown): Problem {
  if (error instanceof ProviderUnavailableError) {
    log.warn({ err: error }, 'a provider cannot be reached')
    return 'provider_unavailable'
  }
  if (error instanceof ProviderRefusedError) {
    if (!error.isCancelled)
      log.warn(
        { err: error, security: 'PROVIDER_REFUSED' },
        'a sign-in by a provider did not pass its checks',
      )
    return error.isCancelled ? 'provider_cancelled' : 'provider_refused'
  }
  throw error
}

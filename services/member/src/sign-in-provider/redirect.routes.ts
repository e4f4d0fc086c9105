import { localPathOf } from '@dailyfeed/contract/local-path'
import { ProviderPath } from '@dailyfeed/contract/member'
import { clientOf } from '@dailyfeed/http-server/client-address'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import type { RoutesContext } from '../context.ts'
import { refuseCrossSite } from '../session/cross-site.ts'
import { deviceOf } from '../session/device.ts'
import { finishSignIn, type SignInOutcome } from './callback.service.ts'
import { getProviderOrThrow } from './get-provider.ts'
import { BASE, redirectUriOf } from './provider-address.ts'
import type { SignInFlow } from './sign-in-flow.ts'
import { problemOf, redirectToLogin } from './sign-in-problem.ts'

const tags = ['authentication']
const config = { access: 'PUBLIC' as const }
/** These routes always redirect: a person in a browser must see a page and not JSON, also after a failure. */
const response = { 302: Type.Null() }

/** The way of the browser to a provider and back. */
export function redirectRoutes(app: HttpServer, context: RoutesContext): void {
  const { allowedOrigins, providerCookies, publicUrl, log } = context

  app.get(
    `${BASE}/:provider/start`,
    {
      config,
      schema: {
        tags,
        summary: 'Send the browser to a provider of OpenID Connect',
        params: ProviderPath,
        querystring: Type.Object({ returnTo: Type.Optional(Type.String({ maxLength: 500 })) }),
        response,
      },
    },
    async (request, reply) => {
      // Another site could otherwise sign its visitors in to an account that is not theirs.
      refuseCrossSite(request, allowedOrigins)
      const provider = getProviderOrThrow(context, request.params.provider)
      const { id } = provider.settings
      try {
        const { url, secrets } = await provider.begin(redirectUriOf(request, publicUrl, id))
        const returnTo = localPathOf(request.query.returnTo)
        await providerCookies.flow.set(request, reply, { ...secrets, provider: id, returnTo })
        return reply.redirect(url)
      } catch (error) {
        return redirectToLogin(reply, problemOf(error, log))
      }
    },
  )

  app.get(
    `${BASE}/:provider/callback`,
    {
      config: { ...config, rateClass: 'login' },
      schema: {
        tags,
        summary: 'Callback of a provider: completes signing in or linking',
        params: ProviderPath,
        response,
      },
    },
    async (request, reply) => {
      const flow = await providerCookies.flow.read(request)
      providerCookies.flow.clear(request, reply)
      if (flow === undefined || flow.provider !== request.params.provider)
        return redirectToLogin(reply, 'provider_expired')
      return await finish(context, request, reply, flow)
    },
  )
}

async function finish(
  context: RoutesContext,
  request: FastifyRequest,
  reply: FastifyReply,
  flow: SignInFlow,
): Promise<FastifyReply> {
  const callbackUrl = new URL(redirectUriOf(request, context.publicUrl, flow.provider))
  callbackUrl.search = new URL(request.url, callbackUrl).search
  try {
    const device = deviceOf(request, clientOf(request))
    const outcome = await finishSignIn(context, flow, callbackUrl, device)
    return await continueSignIn(context, request, reply, { flow, outcome })
  } catch (error) {
    const problem = problemOf(error, context.log)
    return flow.linkTo === undefined
      ? redirectToLogin(reply, problem)
      : reply.redirect(`/security?problem=${problem}`)
  }
}

/** Sets the cookie of the outcome, and sends the browser to the page that comes next. */
async function continueSignIn(
  { cookie, providerCookies }: RoutesContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { flow, outcome }: { flow: SignInFlow; outcome: SignInOutcome },
): Promise<FastifyReply> {
  switch (outcome.outcome) {
    case 'SIGNED_IN':
      // The page gets its access token by the cookie, so that no token ever stands in an address.
      cookie.set(request, reply, outcome.refreshToken)
      return reply.redirect(flow.returnTo)
    case 'LINKED':
      return reply.redirect(flow.returnTo)
    case 'DECIDE':
      await providerCookies.identity.set(request, reply, outcome.identity)
      return reply.redirect('/welcome')
    case 'ALREADY_LINKED':
      return reply.redirect('/security?problem=provider_linked')
    case 'EMAIL_NOT_VERIFIED':
      return redirectToLogin(reply, 'provider_email')
    case 'ACCOUNT_GONE':
      return redirectToLogin(reply, 'account_gone')
  }
}
